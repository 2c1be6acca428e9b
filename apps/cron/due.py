"""Whose time has come: a row for each run, in so many queries however many jobs there are.

A time that passed while nobody looked is missed, not made up for: nobody wants a week of night jobs at noon.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from apps.cron.models import Cron, CronRun
from apps.cron.records import next_time, zone_of
from apps.cron.schedule import times_between
from apps.servers.models import Server
from apps.sites.models import Site

LATE = timedelta(seconds=60)
"""A run begins so much too late at most."""
BATCH = 200
AWAY = "The panel was not running when its time came."


def hand_out(server: Server) -> int:
    """Write a run for each job that is due, and when it is due again. Returns how many are to be carried out."""
    at = now()
    with transaction.atomic():
        due = Cron.objects.filter(site__server=server, active=True, due_at__lte=at)
        jobs = list(due.select_related("site").select_for_update(of=("self",)))
        busy = _at_work(server)
        runs = [_run_of(job, at) for job in jobs if job.site.status == Site.Status.ACTIVE and job.pk not in busy]
        _note_skipped([job for job in jobs if job.pk in busy])
        for job in jobs:
            job.due_at = next_time(job, at)
        _tell_missed(jobs, CronRun.objects.bulk_create(runs, batch_size=BATCH))
        Cron.objects.bulk_update(jobs, ["due_at", "last"], batch_size=BATCH)
    return sum(run.status == CronRun.Status.PENDING for run in runs)


def set_right(server: Server) -> int:
    """Every job's next time anew: a clock that was set, or a site's time zone, may have moved it."""
    at = now()
    jobs = Cron.objects.filter(site__server=server, active=True, due_at__gt=at).select_related("site")
    moved = []
    for job in jobs:
        if (wanted := next_time(job, at)) != job.due_at:
            job.due_at = wanted
            moved.append(job)
    Cron.objects.bulk_update(moved, ["due_at"], batch_size=BATCH)
    return len(moved)


def _at_work(server: Server) -> set[int]:
    runs = CronRun.objects.filter(cron__site__server=server, status__in=CronRun.LIVE)
    return set(runs.values_list("cron_id", flat=True))


def _run_of(job: Cron, at: datetime) -> CronRun:
    planned = job.due_at or at
    if at - planned <= LATE:
        return CronRun(cron=job, planned_at=planned)
    late = planned - timedelta(seconds=job.delay)
    further = times_between(job.schedule, zone_of(job.site), late, at - timedelta(seconds=job.delay))
    return CronRun(
        cron=job, planned_at=planned, status=CronRun.Status.MISSED, ended_at=at, error=AWAY, skipped=further
    )


def _tell_missed(jobs: list[Cron], runs: list[CronRun]) -> None:
    missed = {run.cron_id: run.pk for run in runs if run.status == CronRun.Status.MISSED}
    for job in jobs:
        job.last_id = missed.get(job.pk, job.last_id)


def _note_skipped(jobs: list[Cron]) -> None:
    """Their last run has not ended yet: there is one at a time."""
    if jobs:
        CronRun.objects.filter(cron__in=jobs, status__in=CronRun.LIVE).update(skipped=F("skipped") + 1)
