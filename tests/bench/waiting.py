"""Waiting for something, and ending what was started."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 60.0


def until(there: Callable[[], bool], otherwise: str, patience: float = PATIENCE, every: float = 0.005) -> None:
    """Look *every* so many seconds. Raises AssertionError with the sentence *otherwise* when it takes too long."""
    end = time.monotonic() + patience
    while not there():
        if time.monotonic() > end:
            raise AssertionError(otherwise)
        time.sleep(every)


@contextmanager
def ending(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End *process* afterwards, and wait for its end."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def kill(pid: int) -> None:
    """End a process that is not our child, and wait until it is gone. It being gone already is no error."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        select.select([process], [], [], PATIENCE)
    except ProcessLookupError:
        return
    finally:
        os.close(process)
