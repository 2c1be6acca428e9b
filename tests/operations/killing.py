"""Ends a process at one of the points where a crash leaves the machine between two states."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connections

from apps.host.crash import CrashPoint
from apps.host.errors import Refused

ACT_DONE = "engine.after-the-act"


class Recorder:
    """Writes down the points that are passed, in order. After *refuse_after* steps it refuses: the rest is undoing."""

    def __init__(self, refuse_after: int | None = None) -> None:
        self.passed: list[str] = []
        self.acts = 0
        self.refuse_after = refuse_after

    def __call__(self, name: str) -> None:
        self.passed.append(name)
        self.acts += name == ACT_DONE
        if self.refuse_after is not None and self.acts == self.refuse_after and name == ACT_DONE:
            raise Refused("Told to refuse.")


class Killer(Recorder):
    """The same, and kills its own process at the point number *at*, counted from 0."""

    def __init__(self, at: int, refuse_after: int | None = None) -> None:
        super().__init__(refuse_after)
        self.at = at

    def __call__(self, name: str) -> None:
        if len(self.passed) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        super().__call__(name)


@contextmanager
def watching(recorder: Recorder) -> Iterator[Recorder]:
    CrashPoint.passed = recorder
    try:
        yield recorder
    finally:
        CrashPoint.passed = None


def in_a_child(act: Callable[[], object]) -> int:
    """Run *act* in a forked process and return its wait status: 9 when it was killed, 0 when it came to its end."""
    pid = start_child(act)
    return os.waitpid(pid, 0)[1]


def start_child(act: Callable[[], object]) -> int:
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        act()
        connections.close_all()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a child must never return into the test runner
        traceback.print_exc()
        os._exit(1)
    finally:
        os._exit(1)
