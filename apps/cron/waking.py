"""Waking the hands that carry jobs out. A message that is lost costs seconds: the chore looks again."""

from __future__ import annotations

from django.db import transaction

from apps.operations import sending
from apps.servers.models import Server

HANDS = 8
"""Jobs of a server that run at once, however many are due."""


def queue_of(server: str) -> str:
    return f"server.{server}.cron"


def wake(server: Server, waiting: int) -> None:
    """So many hands as can be of use, once this transaction is committed."""
    hands, queue = min(waiting, HANDS), queue_of(server.name)

    def send() -> None:
        for _ in range(hands):
            sending.wake("cron.work", queue)

    transaction.on_commit(send)
