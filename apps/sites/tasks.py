"""Celery's side: a message only wakes; which site is due stands in the table."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from apps.host.local import this_host
from apps.servers.models import Server
from apps.sites.usage import TASK, measure


@shared_task(name=TASK)
def measure_disk() -> str:
    """Measure those of this server's sites that were never measured, or the longest ago, for a while."""
    return f"{measure(Server.objects.get(name=settings.SERVER), this_host())} sites measured"
