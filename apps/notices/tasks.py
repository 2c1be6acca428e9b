"""Celery's side: a message says who is to be told, and nothing of what."""

from __future__ import annotations

from celery import shared_task

from apps.host.local import this_host
from apps.notices import delivering


@shared_task(name="notices.deliver")
def deliver(notice: int) -> str:
    """Another server's notices have nothing due here."""
    return delivering.deliver(notice, this_host())
