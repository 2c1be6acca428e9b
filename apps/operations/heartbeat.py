"""Lengthening the leases of what this process carries out, from one thread that lives as long as the process.

A thread for each step would be waited for at both ends, which costs more than the rest of an empty step.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from time import sleep

from django.db import Error, connections
from django.utils.timezone import now

from apps.operations.journal import Journal
from apps.operations.models import Operation

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=15)
EVERY = 3.0


class Heartbeat:
    """The thread, and the journals of what is at work."""

    def __init__(self) -> None:
        self.at_work: set[Journal] = set()
        self.thread = Thread()

    def watch(self, journal: Journal) -> None:
        """Begin with *journal*. A thread that ran when this process was forked off does not run here."""
        self.at_work.add(journal)
        if not self.thread.is_alive():
            self.thread = Thread(target=self._beat, name="heartbeat", daemon=True)
            self.thread.start()

    def _beat(self) -> None:
        while True:
            sleep(EVERY)
            try:
                for journal in tuple(self.at_work):
                    mine = Operation.objects.filter(pk=journal.operation.pk, claimed_by=journal.token)
                    mine.update(lease_until=now() + LEASE)
            except Error as error:
                logger.warning("a lease could not be lengthened: %s", error)
            finally:
                connections.close_all()


_heartbeat = Heartbeat()


@contextmanager
def beating(journal: Journal) -> Iterator[None]:
    """Meanwhile the lease of *journal* does not run out."""
    _heartbeat.watch(journal)
    try:
        yield
    finally:
        _heartbeat.at_work.discard(journal)
