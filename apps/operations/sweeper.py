"""What no message tells: operations that are due, those whose runner died, and the server's own chores.

A thread in each runner's first process asks its pool to look every five seconds. No broker is needed for that, so
that a broker which loses everything costs seconds and nothing else. (Celery's own timer sleeps until its next entry
is due, and would keep a runner that was told to stop for as long.)
"""

from __future__ import annotations

from datetime import timedelta
from threading import Event, Thread
from typing import Any

from celery import bootsteps
from celery.worker.components import Pool
from django.conf import settings
from django.db import close_old_connections

from apps.host import oplock
from apps.host.local import this_host
from apps.operations import engine, sending
from apps.operations.chores import do_what_is_due
from apps.operations.due import has_come, left
from apps.operations.models import Operation

EVERY = 5.0
OVERDUE = timedelta(seconds=2)
LOST = timedelta(seconds=12)
"""A message that was sent twice and never came: the sweeper carries the step out itself."""


class Sweeper(bootsteps.StartStopStep):
    requires = (Pool,)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.ended = Event()

    def start(self, parent: Any) -> None:
        queues = [str(name) for name in parent.app.amqp.queues.consume_from]  # the others are merely known
        Thread(target=self._look, args=(parent.pool, queues), daemon=True).start()

    def stop(self, parent: Any) -> None:
        self.ended.set()

    def _look(self, pool: Any, queues: list[str]) -> None:
        while True:
            pool.apply_async(sweep, (queues,))
            if self.ended.wait(EVERY):
                return


def sweep(queues: list[str]) -> int:
    """Wake or carry out what is due in *queues*. Returns how many operations that were."""
    close_old_connections()  # no task: nobody else looks whether the server has left this process's one
    due = Operation.objects.filter(has_come(OVERDUE), queue__in=queues, status__in=Operation.DUE)
    overdue = [operation for operation in due.order_by("id") if _is_abandoned(operation)]
    for operation in overdue:
        if left(operation.due_at) < -LOST and not operation.claimed_by:
            _carry_out(operation.pk)
        else:
            sending.send(operation.pk, operation.queue)
    if f"server.{settings.SERVER}" in queues:  # the other runner's one hand may be at a backup for an hour
        do_what_is_due(this_host)
    return len(overdue)


def _is_abandoned(operation: Operation) -> bool:
    """Nobody is at it: no claim, or the claim of a runner that is dead."""
    return not operation.claimed_by or oplock.is_abandoned(settings.PLACES.operation_lock(operation.pk))


def _carry_out(pk: int) -> None:
    """Every step that is due now, here and without a message."""
    while Operation.objects.filter(has_come(), pk=pk, status__in=Operation.DUE, claimed_by="").exists():
        engine.advance(pk, this_host)
