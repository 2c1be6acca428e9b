"""A job's row: made, and set for its next time."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

from apps.cron.models import Cron
from apps.cron.schedule import next_after
from apps.sites.kinds import KINDS
from apps.sites.models import Site

SPREAD = 300
"""Seconds over which the jobs that the panel makes are spread, or a thousand sites would begin theirs at once."""
STRIDE = 37
LEAST, MOST = 1, 3600
"""Seconds that a run may take."""


def new_job(site: Site, schedule: str, command: str, limit: int) -> Cron:
    """A job without a time yet, called by the site's slug and the first number that is free."""
    taken = set(Cron.objects.filter(site=site).values_list("name", flat=True))
    name = next(name for number in range(1, len(taken) + 2) if (name := f"{site.slug}.{number}") not in taken)
    return Cron.objects.create(site=site, name=name, schedule=schedule, command=command, limit=limit)


def add_kinds_job(site: Site) -> None:
    """The job that the software of the site's kind relies on, where it does."""
    command = KINDS[site.kind].cron_command
    if not command:
        return
    delay = site.pk * STRIDE % SPREAD
    job = Cron(site=site, name=f"{site.slug}.{site.kind}", command=command, delay=delay, built_in=True)
    job.schedule = KINDS[site.kind].cron_schedule
    job.due_at = next_time(job, now())
    job.save()


def next_time(job: Cron, after: datetime) -> datetime:
    return next_after(job.schedule, zone_of(job.site), after, job.delay)


def zone_of(site: Site) -> str:
    return str(site.chosen.get("time_zone", "UTC"))
