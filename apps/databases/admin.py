"""The databases of a site, on its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest

from apps.databases.acts import DATABASE
from apps.databases.badges import STATUS
from apps.databases.dump_page import dumps_for
from apps.databases.models import Database
from apps.operations.admin_base import user_of
from apps.operations.doors.forms import ActLink, Row, links_of, look_links, rows_of
from apps.operations.models import Operation
from apps.servers.models import Kept
from apps.sites.models import Site
from apps.sites.tabs import Tab, register

BUSY = (*Operation.LIVE, Operation.Status.STUCK)


@dataclass(frozen=True)
class Line:
    """A database as the tab shows it. *until* is when a deleted one is dropped; *told* are looks, by their pages."""

    row: Row
    colour: str
    told: list[ActLink]
    until: datetime | None


def _context(request: HttpRequest, site: Site) -> dict[str, Any]:
    """The rows, each with what may be done to it, and how a further one is made."""
    user, databases = user_of(request), Database.objects.filter(site=site).select_related("site")
    busy = Operation.objects.filter(subject_kind="site", subject_id=site.pk, status__in=BUSY).exists()
    kept = dict(Kept.objects.filter(kind=Kept.Kind.DATABASE, subject_id__in=databases).values_list("place", "until"))
    rows = rows_of(DATABASE, databases.prefetch_related("exports"), user, busy=busy)
    return {
        "lines": [_line(row, user, kept) for row in rows],
        **dumps_for(user, [row.subject for row in rows], busy=busy),
        "creating": [] if busy else links_of(DATABASE, site, user, creating=True),
        "busy": busy,
    }


def _line(row: Row, user: User, kept: dict[str, datetime]) -> Line:
    database: Database = row.subject
    return Line(row, STATUS[Database.Status(database.status)], _told(database, user), kept.get(database.name))


def _told(database: Database, user: User) -> list[ActLink]:
    return look_links(DATABASE, database, user) if database.status == Database.Status.ACTIVE else []


register(Tab("databases", "Databases", 20, "admin/databases/database/tab.html", _context))
