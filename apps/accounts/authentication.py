"""Coming in with a token: ``Authorization: Bearer fp_<prefix>_<secret>``, or ``Token`` in place of Bearer."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.timezone import now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.models import ApiToken

HEADER = re.compile(rb"(?:bearer|token) +fp_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.IGNORECASE)
USED_AT_MOST_EVERY = timedelta(minutes=1)
"""Between two notes of a token's use: each is a write."""


class TokenAuthentication(BaseAuthentication):
    """``request.auth`` is then the ApiToken. Every request looks afresh: what is revoked is out at once."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        header = get_authorization_header(request)
        if not header:
            return None
        match = HEADER.fullmatch(header.strip())
        if match is None:
            raise AuthenticationFailed("This is no token of the panel; send Authorization: Bearer fp_….")
        prefix, secret = match[1].decode(), match[2].decode()
        token = ApiToken.objects.select_related("user").filter(prefix=prefix).first()
        if token is None or not token.opens_with(secret) or not token.user.is_active:
            raise AuthenticationFailed("This token does not open the panel (any more); create a new one.")
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="FrankenPanel"'


def _note_use(token: ApiToken) -> None:
    stale = now() - USED_AT_MOST_EVERY
    if token.last_used_at is None or token.last_used_at < stale:
        unused = ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=token.pk)
        unused.update(last_used_at=now())


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """What the OpenAPI document says of it."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token of the panel: fp_…"}
