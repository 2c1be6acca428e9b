"""Whether somebody may browse a database, and may still: looked at with every request, and by a chore."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.timezone import now

from apps.browser.models import Browsing
from apps.databases.models import Database
from apps.lifecycle.requests import CHANGE, may, require
from apps.operations.asking import Ask
from apps.operations.refusals import WrongState
from apps.sites.models import Site

BROWSE, DOOR = "database:browse", "admin"
LINK, ENTRY, OPEN = timedelta(seconds=60), timedelta(seconds=30), timedelta(minutes=30)
"""How long each stage lasts at most."""
IDLE = timedelta(minutes=10)
"""How long one that is open lasts without use."""
THERE = (Site.Status.ACTIVE, Site.Status.INACTIVE, Site.Status.MAINTENANCE, Site.Status.SUSPENDED)


def judge(ask: Ask, database: Database) -> None:
    """Raises a Refusal where *ask* may not browse *database*, or nobody can now."""
    require(ask, BROWSE, CHANGE, database.site)
    server = database.site.server
    if not server.browser:
        raise WrongState(
            f"The database browser of {server} is off; a superuser turns it on, on the server's page or with"
            f" ./panel server browser {server} --on"
        )
    if not _is_there(database):
        raise WrongState(f"{database} or its site is being made or deleted, or is deleted: there is nothing to browse.")
    if server.name != settings.SERVER:
        raise WrongState(f"{database} is on {server}; sign in at the panel of that server.")


def is_over(browsing: Browsing) -> bool:
    """Its time is over, nobody uses it, the database has another password by now, or its visitor may not any more."""
    at, database = now(), browsing.database
    if browsing.until <= at or not database.site.server.browser or not _is_there(database):
        return True
    if browsing.opened_at is None or browsing.seen_at is None:
        return False
    is_changed = database.rotated_at is not None and database.rotated_at > browsing.opened_at
    return is_changed or at - browsing.seen_at > IDLE or not _still_may(browsing)


def _is_there(database: Database) -> bool:
    return database.status == Database.Status.ACTIVE and database.site.status in THERE


def _still_may(browsing: Browsing) -> bool:
    user = user_in(browsing.session)
    return user is not None and may(Ask(user=user, door=DOOR), BROWSE, CHANGE, browsing.database.site)


def user_in(session: str) -> User | None:
    """Whose session of the panel that is, as the panel itself would judge it; nobody's once he has logged out."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session)
    found = get_user(request)
    return found if isinstance(found, User) and found.is_active else None
