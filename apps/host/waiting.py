"""Waiting for somebody to say stop, in whichever way: Ctrl-C, ``kill``, or closing the terminal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(KeyboardInterrupt):
    """Somebody said stop. Like Ctrl-C, so that nothing on the way takes it for an error."""


@contextmanager
def until_ended() -> Iterator[None]:
    """Meanwhile each way of saying stop raises Ended; behind it, nothing more can break off what ends it."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Ended

    before = {number: signal.signal(number, end) for number in ENDS}
    try:
        yield
    finally:
        for number in before:
            signal.signal(number, signal.SIG_IGN)


def wait() -> None:
    signal.pause()
