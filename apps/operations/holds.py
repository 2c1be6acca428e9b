"""What an operation has for itself, and who waits for it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from apps.operations import sending
from apps.operations.models import Hold, Operation
from apps.operations.refusals import Busy
from apps.servers.allocation import one_at_a_time


def take(operation: Operation, resources: Iterable[str], *, or_wait: bool) -> None:
    """Give *operation* every one of *resources*, or none.

    Where one is taken: Busy, naming its holder; or, with *or_wait*, status ``waiting`` and a start in order of asking.
    """
    operation.params["holds"] = sorted(resources)
    if _grab(operation):
        return
    one_at_a_time()  # or its holder could end between our look and our waiting, and nobody would wake us
    if _grab(operation):
        return
    if not or_wait:
        raise Busy(_in_the_way(operation))
    operation.status = Operation.Status.WAITING
    operation.save(update_fields=["status", "params"])


def give_back(operation: Operation) -> None:
    """Free what the operation held, and start those who waited for it, the first who asked first.

    The caller's transaction has begun with ``one_at_a_time``: who finds a hold taken waits for it under that lock.
    """
    operation.holds.all().delete()
    waiting = Operation.objects.filter(status=Operation.Status.WAITING, server=operation.server).order_by("id")
    for candidate in waiting.select_for_update():
        if _grab(candidate):
            candidate.status = Operation.Status.PENDING
            candidate.save(update_fields=["status"])
            sending.on_commit(candidate)


def _grab(operation: Operation) -> bool:
    try:
        with transaction.atomic():
            for resource in operation.params["holds"]:
                Hold.objects.create(resource=resource, operation=operation)
    except IntegrityError:
        return False
    return True


def _in_the_way(operation: Operation) -> Operation:
    hold = Hold.objects.filter(resource__in=operation.params["holds"]).select_related("operation").first()
    return hold.operation if hold else operation
