"""Carrying runs out, and burying those whose runner died: it marks them failed, and nothing runs twice."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.utils.timezone import now

from apps.cron.doing import Ended, do
from apps.cron.models import Cron, CronRun
from apps.host.errors import HostError
from apps.host.host import Host
from apps.host.supervisor.processes import process
from apps.servers.models import Server
from apps.sites.models import Site

KEPT = 20
"""Runs of a job that are remembered."""
TRIES = 5
DIED = "The panel's runner ended while it ran, and what was left of it was ended too."
STOPPED = "The site was stopped before it could begin."


def run_all(host: Host) -> int:
    """Carry out what waits on this server, one run after another. Returns how many those were."""
    count = 0
    while (run := _claim()) is not None:
        _carry_out(run, host)
        count += 1
    return count


def bury(server: Server, host: Host) -> None:
    """Mark as failed what a dead runner had begun, and end what runs for a site that is active no more."""
    running = CronRun.objects.filter(cron__site__server=server, status=CronRun.Status.RUNNING)
    for run in running.select_related("cron__site"):
        if not _is_alive(run.claimed_by):
            host.jobs.end(settings.PLACES.cron_lock(run.pk))
            close(run, CronRun.Status.FAILED, error=DIED)
        elif run.cron.site.status != Site.Status.ACTIVE:
            host.jobs.end(settings.PLACES.cron_lock(run.pk))


def close(run: CronRun, status: CronRun.Status, **how: Any) -> None:
    """Write how it ended, and forget the oldest. Nothing is left to be written once its job was deleted."""
    mine = CronRun.objects.filter(pk=run.pk, status__in=CronRun.LIVE)
    if mine.update(status=status, ended_at=now(), claimed_by="", **how):
        Cron.objects.filter(pk=run.cron_id).update(last=run.pk)
        old = CronRun.objects.filter(cron=run.cron_id).order_by("-id")[KEPT:]
        CronRun.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()


def _carry_out(run: CronRun, host: Host) -> None:
    """The site is looked at again: it may have been stopped since the run's time came."""
    if run.cron.site.status != Site.Status.ACTIVE:
        close(run, CronRun.Status.MISSED, error=STOPPED)
        return
    try:
        ended = do(run, host)
    except HostError as error:
        ended = Ended(None, str(error))
    status = CronRun.Status.FAILED if ended.error else CronRun.Status.DONE
    close(run, status, exit_code=ended.code, error=ended.error[:300], output=ended.output)


def _claim() -> CronRun | None:
    """The run that has waited longest, as this process's own; None where nothing waits, or others were quicker."""
    waiting = CronRun.objects.filter(cron__site__server__name=settings.SERVER, status=CronRun.Status.PENDING)
    for _ in range(TRIES):
        run = waiting.select_related("cron__site__runtime", "cron__site__server").order_by("id").first()
        if run is None:
            return None
        mine = CronRun.objects.filter(pk=run.pk, status=CronRun.Status.PENDING)
        if mine.update(status=CronRun.Status.RUNNING, started_at=now(), claimed_by=_me()):
            return run
    return None


def _me() -> str:
    me = process(os.getpid())
    return f"{os.getpid()}:{me.started if me else 0}"


def _is_alive(claimed_by: str) -> bool:
    pid, _, started = claimed_by.partition(":")
    found = process(int(pid)) if pid else None
    return found is not None and str(found.started) == started
