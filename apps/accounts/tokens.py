"""Creating and revoking tokens: audited like every other request to change something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now

from apps.accounts.models import SCOPES, ApiToken
from apps.audit import writing as audit
from apps.audit.writing import About
from apps.operations.asking import Ask
from apps.operations.refusals import Forbidden, Invalid, Refusal, Taken, WrongState
from apps.servers.allocation import one_at_a_time

LONGEST_NAME, LONGEST_DAYS = 100, 365
SCOPE = "token:create"


def create_token(ask: Ask, user: User, name: str, scopes: Iterable[str], days: int) -> tuple[ApiToken, str]:
    """A token for *user*, and its whole text: the only time that anybody can read it.

    Raises Invalid, Taken where he has one of that name, or Forbidden: nobody gives more than he has.
    """
    wanted = sorted(set(scopes))
    token = ApiToken(user=user, name=name.strip(" "), scopes=wanted)
    with _audited(ask, "token.create", token):
        _require(ask, user)
        one_at_a_time()
        _check_name(token)
        _check_scopes(ask, wanted)
        if not 1 <= days <= LONGEST_DAYS:
            raise Invalid("days", f"A token lives 1 to {LONGEST_DAYS} days; choose how many.")
        token.expires_at = now() + timedelta(days=days)
        text = token.issue()
        token.save()
    return token, text


def revoke_token(ask: Ask, token: ApiToken) -> None:
    """Close *token* from this moment on. It stays in the list, and in the records of what was done with it."""
    with _audited(ask, "token.delete", token):
        _require(ask, token.user)
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now()):
            raise WrongState(f"The token {token.name} was revoked before; nothing is left to do.")


def _require(ask: Ask, user: User) -> None:
    if ask.scopes is not None and SCOPE not in ask.scopes:
        raise Forbidden(f"The token's scopes do not include {SCOPE}; sign in, or use one that has it.")
    if ask.user is not None and ask.user != user and not ask.user.is_superuser:
        raise Forbidden("A token belongs to one person; only that person may create or revoke it.")


def _check_name(token: ApiToken) -> None:
    if not token.name or len(token.name) > LONGEST_NAME or not token.name.isprintable():
        raise Invalid("name", f"A token's name has 1 to {LONGEST_NAME} printable characters; choose another.")
    if ApiToken.objects.filter(user=token.user, name=token.name).exists():
        raise Taken("name", f"There is, or was, a token {token.name} already; choose another name.")


def _check_scopes(ask: Ask, wanted: list[str]) -> None:
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        what = f"There is no scope {unknown[0][:40]!r}" if unknown else "A token needs a scope"
        raise Invalid("scopes", f"{what}; choose from {', '.join(SCOPES)}.")
    if ask.scopes is not None and not ask.scopes.issuperset(wanted):
        raise Forbidden("A token cannot give scopes that it has not got itself; ask for fewer.")


@contextmanager
def _audited(ask: Ask, action: str, token: ApiToken) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            _audit(ask, action, token)
    except Refusal as refusal:
        _audit(ask, action, token, refusal)
        raise


def _audit(ask: Ask, action: str, token: ApiToken, refusal: Refusal | None = None) -> None:
    about = About("token", token.pk, f"{token.name[:100]} of {token.user}")
    audit.write(ask, action, about, refusal)
