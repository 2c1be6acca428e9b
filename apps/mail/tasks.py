"""Celery's side: a message says whose postbox to look into, and nothing else."""

from __future__ import annotations

from celery import shared_task

from apps.host.local import this_host
from apps.mail import sending


@shared_task(name="mail.deliver")
def deliver(site: int) -> str:
    """Of another server's sites there is nothing to be sent here."""
    return sending.deliver(site, this_host())
