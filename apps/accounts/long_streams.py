"""Requests and answers that take minutes: few at a time, or nobody else would find a thread of the web's free."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import BoundedSemaphore

from apps.host.errors import Unavailable

FEW = BoundedSemaphore(2)
"""For each process: half of its threads."""


class Slot:
    """One of the few. Given back once, however often it is closed."""

    def __init__(self) -> None:
        """Raises Unavailable when all are taken."""
        if not FEW.acquire(blocking=False):
            raise Unavailable("Others are sending or fetching long files just now; try again in a minute.")
        self._held = True

    def close(self) -> None:
        if self._held:
            self._held = False
            FEW.release()


class Held:
    """What *fetch* gives, with a slot until it is read, or given up by whoever fetched it."""

    def __init__(self, fetch: Callable[[], Iterator[bytes]]) -> None:
        """Raises as *fetch* does, and Unavailable when all slots are taken."""
        self._slot = Slot()
        try:
            self._content = fetch()
        except BaseException:
            self._slot.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self._content

    def close(self) -> None:
        self._slot.close()
