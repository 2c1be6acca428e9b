"""The backups of a site, on its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from apps.backups.acts import BACKUP
from apps.backups.badges import FAULT, STATUS
from apps.backups.models import Backup
from apps.operations.admin_base import user_of
from apps.operations.doors.forms import Row, links_of, rows_of
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.sites.tabs import Tab, register

BUSY = (*Operation.LIVE, Operation.Status.STUCK)
SHOWN = 100


@dataclass(frozen=True)
class Line:
    """A backup as the tab shows it. *holds*: what is in it, in words."""

    row: Row
    state: str
    colour: str
    holds: str


def _context(request: HttpRequest, site: Site) -> dict[str, Any]:
    """The newest ones, each with what may be done with it, and how a further one is made."""
    user = user_of(request)
    backups = Backup.objects.filter(site=site, removed_at=None).select_related("site")[:SHOWN]
    busy = Operation.objects.filter(subject_kind="site", subject_id=site.pk, status__in=BUSY).exists()
    return {
        "lines": [_line(row) for row in rows_of(BACKUP, backups, user, busy=busy)],
        "creating": [] if busy else links_of(BACKUP, site, user, creating=True),
        "busy": busy,
    }


def _line(row: Row) -> Line:
    backup: Backup = row.subject
    status = Backup.Status(backup.status)
    if backup.fault and status == Backup.Status.COMPLETED:
        return Line(row, *FAULT, _holds(backup))
    return Line(row, status.label, STATUS[status], _holds(backup))


def _holds(backup: Backup) -> str:
    parts = [("files", backup.has_files), ("databases", backup.has_databases)]
    return " and ".join(name for name, there in parts if there)


register(Tab("backups", "Backups", 25, "admin/backups/backup/tab.html", _context))
