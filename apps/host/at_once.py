"""Several things at once, all of which are broken off when one of them fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from threading import Event

Look = Callable[[], None]
EVERY = 1.0


class BrokenOff(Exception):
    """Another has failed, and whatever this one still does is for nothing."""


def at_once(acts: Sequence[Callable[[Look], None]], waiting: Look) -> None:
    """Each of *acts* in a thread of its own, which has to call what it is given again and again: that ends it.

    *waiting* is called meanwhile about once a second, by the caller's own thread, and may raise. Returns when all are
    over; raises what the first of them has raised. Programs that they start hold the locks that the caller's would.
    """
    over = Event()

    def look() -> None:
        if over.is_set():
            raise BrokenOff

    with ThreadPoolExecutor(max(1, len(acts))) as pool:
        left = {pool.submit(copy_context().run, act, look) for act in acts}
        try:
            while left:
                done, left = wait(left, EVERY, FIRST_EXCEPTION)
                for one in done:
                    one.result()
                waiting()
        finally:
            over.set()
