"""Recovery codes: the second factor of somebody whose telephone is gone."""

from __future__ import annotations

import hmac
import secrets

from django.conf import settings
from django.db import models
from django_otp.models import Device, ThrottlingMixin

HOW_MANY = 10
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that is read as something else
HALF = 5


class RecoveryCodes(ThrottlingMixin, Device):
    """A person's recovery codes. Each opens once; only HMACs of them are kept."""

    digests: models.JSONField[list[str], list[str]] = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user"], name="recovery_codes_once_a_user")]

    def issue(self) -> list[str]:
        """Make new codes, the only time that they can be read; the old ones open nothing any more."""
        codes = [f"{_half()}-{_half()}" for _ in range(HOW_MANY)]
        self.digests = [_digest(code) for code in codes]
        self.save()
        return codes

    def verify_token(self, token: str) -> bool:
        """Whether *token* is one of the codes. If it is, it is spent."""
        if not self.verify_is_allowed()[0]:
            return False
        digest = _digest(token)
        if digest not in self.digests:
            self.throttle_increment()
            return False
        self.digests.remove(digest)
        self.throttle_reset(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> int:
        """Seconds after the first wrong code; each further one doubles them."""
        return 1


def _half() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(HALF))


def _digest(code: str) -> str:
    plain = code.lower().replace("-", "").replace(" ", "")
    return hmac.digest(settings.SECRET_KEY.encode(), f"recovery:{plain}".encode(), "sha256").hex()
