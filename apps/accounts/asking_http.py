"""An API request as a lifecycle's Ask."""

from __future__ import annotations

import json
import re

from django.contrib.auth.models import User
from rest_framework.request import Request

from apps.accounts.fresh import require_fresh
from apps.accounts.models import ApiToken
from apps.operations.asking import Ask, digest_of
from apps.operations.refusals import Forbidden, Invalid

KEY = re.compile(r"[\x21-\x7e]{1,200}")
LONGEST_WAIT = 60


def ask_of(request: Request) -> Ask:
    """Who asks, with which limits, and how the answer may come. Raises Invalid for a header or flag out of form."""
    token = request.auth if isinstance(request.auth, ApiToken) else None
    key = request.headers.get("Idempotency-Key", "")
    if key and not KEY.fullmatch(key):
        raise Invalid("Idempotency-Key", "An idempotency key has 1 to 200 visible ASCII characters; send another.")
    return Ask(
        user=user_of(request),
        door="api",
        scopes=None if token is None else frozenset(token.scopes),
        key=key,
        digest=_digest(request) if key else "",
        or_wait=flag(request, "queue"),
    )


def user_of(request: Request) -> User:
    """The user. Raises Forbidden where nobody is signed in, though no view of the API lets nobody in."""
    if not isinstance(request.user, User):
        raise Forbidden("Sign in first, or send a token.")
    return request.user


def must_be_fresh(request: Request) -> None:
    """A session must have signed in of late; a token was given for just this. Raises NotFresh."""
    if not isinstance(request.auth, ApiToken):
        require_fresh(request)


def flag(request: Request, name: str) -> bool:
    """Whether ``?name=1`` stands in the address."""
    value = request.query_params.get(name, "0")
    if value not in ("0", "1"):
        raise Invalid(name, f"?{name}= is 1 or 0; send one of them.")
    return value == "1"


def seconds_to_wait(request: Request) -> int:
    """The number of ``?wait=30``; 0 where none is asked for."""
    value = request.query_params.get("wait", "0")
    if not re.fullmatch("[0-9]{1,2}", value) or int(value) > LONGEST_WAIT:
        raise Invalid("wait", f"?wait= is a number of seconds from 0 to {LONGEST_WAIT}; send one of them.")
    return int(value)


def _digest(request: Request) -> str:
    """The same for the same request, however its JSON is laid out."""
    body = json.dumps(request.data, sort_keys=True)
    return digest_of(f"{request.method} {request.path}\n{body}")
