"""The backups of a site, on its page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from apps.backups.acts import BACKUP
from apps.backups.badges import FAULT, STATUS
from apps.backups.downloads import may_download
from apps.backups.inside import found_in
from apps.backups.models import Backup, Copy, Schedule
from apps.backups.schedule_acts import SCHEDULE
from apps.backups.sending import may_send, sending
from apps.backups.trust import trust_of
from apps.cron.records import zone_of
from apps.operations.admin_base import DOOR, user_of
from apps.operations.asking import Ask
from apps.operations.doors.forms import ActLink, Row, links_of, look_links, rows_of
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.sites.tabs import Tab, register

BUSY = (*Operation.LIVE, Operation.Status.STUCK)
SHOWN = 100
COPIED = (
    (Copy.Status.DONE, "copied to"),
    (Copy.Status.PENDING, "being copied to"),
    (Copy.Status.FAILED, "could not be copied to"),
)


@dataclass(frozen=True)
class Line:
    """A backup as the tab shows it. *holds*: what is in it, in words; *found*: in one from elsewhere.

    *copied*: to how many places. *first*: what is mostly wanted of it.
    """

    row: Row
    state: str
    colour: str
    holds: str
    copied: str
    can_be_fetched: bool
    found: list[str]
    first: list[ActLink]
    rest: list[ActLink]


def _context(request: HttpRequest, site: Site) -> dict[str, Any]:
    """The newest ones, each with what may be done with it; how a further one is made, and when one is by itself."""
    user = user_of(request)
    backups = Backup.objects.filter(site=site, removed_at=None).select_related("site")
    backups = backups.prefetch_related("copies")[:SHOWN]
    busy = Operation.objects.filter(subject_kind="site", subject_id=site.pk, status__in=BUSY).exists()
    rows = rows_of(BACKUP, backups, user, busy=busy)
    clock = rows_of(SCHEDULE, Schedule.objects.filter(site=site).select_related("site"), user, busy=busy)
    return {
        "lines": [_line(row, user, may_download(Ask(user, DOOR), site)) for row in rows],
        "creating": [] if busy else links_of(BACKUP, site, user, creating=True),
        "clock": clock[0] if clock else None,
        "zone": zone_of(site),
        "scheduling": [] if busy else links_of(SCHEDULE, site, user, creating=True),
        "trust": trust_of(site),
        "sending": sending() if not busy and may_send(user, site) else None,
        "upload_mb": settings.UPLOAD_MB,
        "busy": busy,
    }


def _line(row: Row, user: User, may_fetch: bool) -> Line:
    backup: Backup = row.subject
    status = Backup.Status(backup.status)
    completed = status == Backup.Status.COMPLETED
    state = FAULT if backup.fault and completed else (status.label, STATUS[status])
    told = look_links(BACKUP, backup, user) if completed else []
    first, rest = row.acts[:1], [*told, *row.acts[1:]]
    return Line(
        row, *state, _holds(backup), _copied(backup), may_fetch and completed, list(found_in(backup)), first, rest
    )


def _holds(backup: Backup) -> str:
    parts = [("files", backup.has_files), ("databases", backup.has_databases)]
    return " and ".join(name for name, there in parts if there)


def _copied(backup: Backup) -> str:
    """Where to is the host's business; whether is also the site's."""
    count = Counter(copy.status for copy in backup.copies.all())
    return ", ".join(f"{words} {count[one]} place{'s' * (count[one] > 1)}" for one, words in COPIED if count[one])


register(Tab("backups", "Backups", 25, "admin/backups/backup/tab.html", _context))
