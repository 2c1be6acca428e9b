"""What every lifecycle asks of a request first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from django.db.models import Model

from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.refusals import Forbidden, WrongState
from apps.sites.models import Site
from apps.sites.steps.status import stands_against

OPERATE, CHANGE, DELETE = "sites.operate_site", "sites.change_site", "sites.delete_site"
HOSTS_ONLY = frozenset({"sites.suspend_site"})
"""What the owner of a site may not do to it either."""


def may(ask: Ask, scope: str, permission: str, subject: Model | None = None) -> bool:
    """Whether the token's *scope* and the user's *permission* allow it. An owner has all but the host's own."""
    if ask.may(scope, permission, subject):
        return True
    in_scope = ask.scopes is None or scope in ask.scopes
    owns = isinstance(subject, Site) and ask.user is not None and subject.owner_id == ask.user.pk
    return in_scope and owns and bool(ask.user and ask.user.is_active) and permission not in HOSTS_ONLY


class Guarded(Protocol):
    """An act, or a look: with what a token needs for it, and what its user does."""

    @property
    def scope(self) -> str: ...
    @property
    def permission(self) -> str: ...


def allowed(ask: Ask, act: Guarded, subject: Any) -> bool:
    """The same of an *act* to a site, or to what belongs to one."""
    return may(ask, act.scope, act.permission, subject if isinstance(subject, Site) else subject.site)


def require(ask: Ask, scope: str, permission: str, subject: Model | None = None) -> None:
    """Refuse unless it is allowed. Raises Forbidden."""
    if not may(ask, scope, permission, subject):
        raise Forbidden(f"This needs {scope}; ask the host's staff for it, or use a token that has it.")


def must_be(site: Site, operation: Operation, states: Collection[Site.Status], deed: str) -> None:
    """Refuse what makes no sense in the site's state, as it is now that *operation* has it for itself.

    One that waits in line is looked at when its turn comes (``CheckState``). Raises WrongState.
    """
    if operation.status == Operation.Status.WAITING:
        return
    site.refresh_from_db()
    if reason := stands_against(site, states, deed):
        raise WrongState(reason)
