"""Who asks for something, through which door, and how the answer may come."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Model
from django.utils.crypto import salted_hmac


@dataclass(frozen=True)
class Ask:
    """A request to a lifecycle function. *user* None is the panel itself.

    *scopes*: what the token allows; None where no token limits the user. *key* and *digest*: the idempotency key and
    a digest of the request that came with it. *or_wait*: wait in line where another operation holds the subject.
    """

    user: User | None
    door: str
    scopes: frozenset[str] | None = None
    key: str = ""
    digest: str = ""
    or_wait: bool = False

    @property
    def name(self) -> str:
        return self.user.get_username() if self.user else "the panel"

    def may(self, scope: str, permission: str, subject: Model | None = None) -> bool:
        """Whether the token's scope and the user's permission, on all or on this one, both allow it."""
        if self.user is None:
            return True
        if self.scopes is not None and scope not in self.scopes:
            return False
        return self.user.is_active and (self.user.has_perm(permission) or self.user.has_perm(permission, subject))


def digest_of(request: str) -> str:
    """What tells two requests of one key apart, in 64 characters. Keyed: there may be a password in a request."""
    return salted_hmac("frankenpanel.request", request, algorithm="sha256").hexdigest()
