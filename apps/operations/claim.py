"""The right to carry out an operation's next step: a lock on this machine, and a lease in the table."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.timezone import now

from apps.host import command, oplock
from apps.operations.commits import need_not_wait
from apps.operations.due import has_come
from apps.operations.heartbeat import LEASE, beating
from apps.operations.journal import Journal
from apps.operations.models import Operation

LOCK_FREES_WITHIN = 2.0
"""Seconds that the kernel may need to end what a dead runner left."""


@contextmanager
def take(pk: int) -> Iterator[Journal | None]:
    """The journal of operation *pk*, for one step; None when there is nothing to do or somebody is at it.

    First the lock, then the row: whoever has the lock knows that a claim made on this machine is a dead one's.
    What a killed runner left running still holds its lock, and is ended first.
    """
    path = settings.PLACES.operation_lock(pk)
    descriptor = oplock.acquire(path)
    if descriptor is None and oplock.bury(path):
        descriptor = oplock.acquire(path, patience=LOCK_FREES_WITHIN)
    if descriptor is None:
        yield None
        return
    journal = None
    try:
        with command.holding(descriptor):
            journal = _claim(pk)
            if journal is None:
                yield None
            else:
                with beating(journal):
                    yield journal
    finally:
        oplock.release(path, descriptor, remove=journal is None or journal.operation.ended)


def _claim(pk: int) -> Journal | None:
    """Written down for good by the step's line, before anything is done."""
    at, token = now(), f"{_machine()}:{os.getpid()}:{secrets.token_hex(8)}"
    free = Q(claimed_by="") | Q(lease_until__lt=at) | Q(claimed_by__startswith=f"{_machine()}:")
    due = Operation.objects.filter(free, has_come(), _is_this_servers(), pk=pk, status__in=Operation.DUE)
    with transaction.atomic():
        need_not_wait()
        if not due.update(claimed_by=token, lease_until=at + LEASE, started_at=Coalesce("started_at", at)):
            return None
        return Journal(Operation.objects.get(pk=pk), token)


def _is_this_servers() -> Q:
    """Whatever a message says: of another server's operations this one has neither the lock nor the machine.

    By the operation's own column: a join would be looked at before the row is locked, and two could claim it.
    """
    queue = f"server.{settings.SERVER}"
    return Q(queue=queue) | Q(queue__startswith=f"{queue}.")


def _machine() -> str:
    return socket.gethostname()
