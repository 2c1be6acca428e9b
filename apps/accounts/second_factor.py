"""The second factor: who has given it, and a person's first device."""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass
from typing import Any

import django_otp
import qrcode
import qrcode.image.svg
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.accounts.recovery import RecoveryCodes

LONGEST = 16
"""Characters that a code may have: what is longer is none, and is not looked at."""


def is_verified(user: User | AnonymousUser) -> bool:
    """Whether this session has given a second factor, or none is asked for."""
    return not settings.REQUIRE_2FA or bool(getattr(user, "is_verified", lambda: False)())


def code_field(**options: Any) -> forms.CharField:
    """Where a code is typed: one that an authenticator shows, or a recovery code."""
    attrs = {"autocomplete": "one-time-code", "spellcheck": "false", "placeholder": "123456"}
    return forms.CharField(
        label="Code", max_length=LONGEST, widget=UnfoldAdminTextInputWidget(attrs=attrs), **options
    )


@dataclass(frozen=True)
class Setup:
    """Setting up an authenticator, or proving the one there is in order to get new recovery codes."""

    user: User
    device: TOTPDevice

    @property
    def is_new(self) -> bool:
        return not self.device.confirmed

    @property
    def address(self) -> str:
        """What the QR code says; authenticators know the panel by it."""
        return str(self.device.config_url)

    @property
    def typed_secret(self) -> str:
        """The same for whoever cannot scan: base 32 in groups of four."""
        secret = b32encode(self.device.bin_key).decode().rstrip("=")
        return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))

    @property
    def picture(self) -> SafeString:
        """The QR code as SVG."""
        image = qrcode.make(self.address, image_factory=qrcode.image.svg.SvgPathImage, border=2)
        return mark_safe(str(image.to_string(encoding="unicode")))  # noqa: S308 - one path, made here

    def prove(self, request: HttpRequest, code: str) -> list[str] | None:
        """Take *code* for the device. Right: the device counts, the session has its second factor, and the new
        recovery codes are returned. Wrong: None."""
        with transaction.atomic():
            device = TOTPDevice.objects.select_for_update().get(pk=self.device.pk)
            if not (code.isascii() and code.isdigit() and device.verify_token(code)):
                return None
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            TOTPDevice.objects.filter(user=self.user).exclude(pk=device.pk).delete()
            codes, _ = RecoveryCodes.objects.get_or_create(user=self.user, defaults={"name": "Recovery codes"})
            plain: list[str] = codes.issue()
        request.session.cycle_key()
        django_otp.login(request, device)
        return plain


def may_set_up(user: User | AnonymousUser) -> bool:
    """Whether this session may set a device up: who has one must have shown it first."""
    if not (user.is_active and user.is_staff):
        return False
    return getattr(user, "otp_device", None) is not None or not django_otp.user_has_device(user)


def setup_of(user: User) -> Setup:
    """What *user* sets up: his device once more, or a first one.

    Somebody who came in with a recovery code has lost his device, so a new one takes its place.
    """
    lost = isinstance(getattr(user, "otp_device", None), RecoveryCodes)
    confirmed = None if lost else TOTPDevice.objects.filter(user=user, confirmed=True).first()
    begun = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    device = confirmed or begun or TOTPDevice.objects.create(user=user, name="Authenticator", confirmed=False)
    return Setup(user, device)
