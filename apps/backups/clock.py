"""A schedule by the clock as it is: when it is due next, and how what it makes is kept."""

from __future__ import annotations

from datetime import datetime

from apps.backups.due import next_due
from apps.backups.models import REFUSED, Backup, Schedule
from apps.backups.retention import Known, Policy
from apps.cron.records import zone_of

SPREAD, STRIDE = 3600, 97
"""Seconds over which sites of the same schedule are spread, or all of a server would be saved at once."""


def next_time(schedule: Schedule, after: datetime) -> datetime:
    return next_due(schedule.schedule, zone_of(schedule.site), after, delay_of(schedule))


def delay_of(schedule: Schedule) -> int:
    """Seconds after the schedule's own time that are this site's."""
    return 0 if schedule.schedule.startswith("every") else schedule.site_id * STRIDE % SPREAD


def policy_of(schedule: Schedule) -> Policy:
    counts = (schedule.keep_daily, schedule.keep_weekly, schedule.keep_monthly)
    daily, weekly, monthly = counts
    last, zone = max(1, schedule.keep_last), zone_of(schedule.site)
    return Policy(last=last, daily=daily, weekly=weekly, monthly=monthly, zone=zone)


def known(backup: Backup) -> Known:
    """*backup* as the retention judges it: what was proven, or read in full, is verified."""
    return Known(
        number=backup.pk,
        at=backup.created_at,
        verified=backup.verified_at is not None and not backup.fault,
        pinned=backup.pinned,
        failed=backup.status == Backup.Status.FAILED or bool(backup.fault),
        refused=REFUSED in backup.facts,
    )
