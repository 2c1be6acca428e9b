"""A site's backups by the clock: set, changed, ended. The seed has no list for it."""

from __future__ import annotations

from functools import partial
from typing import Any, TypedDict, Unpack

from apps.backups import due
from apps.backups.models import Schedule
from apps.backups.steps.clock import ChangeSchedule, EndSchedule, SetSchedule
from apps.lifecycle.backup import SAVABLE
from apps.lifecycle.requests import CHANGE, must_be, require
from apps.operations.asking import Ask
from apps.operations.checking import Check, checked
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.refusals import Invalid, WrongState
from apps.operations.rows import NewRow, OldRow
from apps.sites.models import Site
from apps.sites.steps.status import CheckState

SCOPE = "backup:change"
CHECK = CheckState(SAVABLE, "backed up by the clock")
MOST = 400
"""Backups that one count may keep."""


class Wanted(TypedDict, total=False):
    """How many to keep: the last ones, and the newest of so many days, weeks and months."""

    keep_last: int
    keep_daily: int
    keep_weekly: int
    keep_monthly: int


CREATE = Flow("schedule.create", title="Backup Schedule", steps=(CHECK, SetSchedule()), records=NewRow(Schedule))
UPDATE = Flow("schedule.update", title="Backup Schedule Change", steps=(CHECK, ChangeSchedule()))
DELETE = Flow("schedule.delete", title="Backup Schedule End", steps=(CHECK, EndSchedule()), records=OldRow(Schedule))


@lifecycle("schedule.create")
def create_schedule(ask: Ask, site: Site, schedule: str, **kept: Unpack[Wanted]) -> Operation:
    """Back *site* up at the times of *schedule*, in its own time zone, and remove what is not to be *kept*."""
    require(ask, SCOPE, CHANGE, site)
    values = checked(CHECKS, {"schedule": schedule, **kept})
    if Schedule.objects.filter(site=site).exists():
        raise WrongState(f"{site.slug} is backed up by a schedule already; change that: ./panel schedule update.")
    made = Schedule.objects.create(site=site, name=site.slug, **values)
    return _enqueue(CREATE, ask, made)


@lifecycle("schedule.update")
def update_schedule(ask: Ask, subject: Schedule, *, schedule: str = "", **kept: Unpack[Wanted]) -> Operation:
    """Change what is given: when, and how many are kept."""
    require(ask, SCOPE, CHANGE, subject.site)
    values = checked(CHECKS, {"schedule": schedule, **kept} if schedule else kept)
    operation = _enqueue(UPDATE, ask, subject, wanted=values)
    if all(getattr(subject, name) == value for name, value in values.items()):
        raise WrongState(f"The schedule of {subject} is like that already; nothing is left to do.")
    return operation


@lifecycle("schedule.delete")
def delete_schedule(ask: Ask, schedule: Schedule) -> Operation:
    """Make no more backups by the clock. Those that there are stay."""
    require(ask, SCOPE, CHANGE, schedule.site)
    return _enqueue(DELETE, ask, schedule)


def _enqueue(flow: Flow, ask: Ask, schedule: Schedule, **params: Any) -> Operation:
    site, asked = schedule.site, {"schedule_id": schedule.pk, **params}
    operation = enqueue(flow, site, site.server, ask, params=asked, resources=[f"site:{site.pk}/schedule"])
    must_be(site, operation, SAVABLE, "backed up by the clock")
    return operation


def _count(name: str, wanted: int) -> int:
    least = int(name == "keep_last")
    if not least <= wanted <= MOST:
        raise Invalid(name, f"That many are not kept: choose from {least} to {MOST}.")
    return wanted


CHECKS: dict[str, Check] = {name: partial(_count, name) for name in Wanted.__annotations__}
CHECKS["schedule"] = due.checked
