"""Celery's side: a message only wakes; what there is to run stands in the table."""

from __future__ import annotations

from celery import shared_task

from apps.cron.running import run_all
from apps.host.local import this_host


@shared_task(name="cron.work")
def work() -> str:
    """Carry out what is waiting on this server, one after another, until nothing is."""
    return f"{run_all(this_host())} runs"
