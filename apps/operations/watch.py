"""Following an operation from a door: what changed since the last look."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic, sleep

from apps.operations.models import Operation

EVERY = 0.1


def watch(pk: int, patience: float | None = None) -> Iterator[Operation]:
    """Yield operation *pk* afresh until it has ended, or *patience* seconds have passed."""
    until = None if patience is None else monotonic() + patience
    while True:
        operation = Operation.objects.prefetch_related("lines").get(pk=pk)
        yield operation
        if operation.ended or (until is not None and monotonic() >= until):
            return
        sleep(EVERY)
