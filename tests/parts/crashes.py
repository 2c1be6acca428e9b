"""Kill a driver, with SIGKILL, at one of its crash points."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from apps.host.crash import CrashPoint


def points(*prefixes: str) -> list[str]:
    """The crash points of the drivers, by the beginning of their names. The drivers must be imported."""
    return [name for name in CrashPoint.names if name.startswith(prefixes)]


def killed_at(point: str, act: Callable[[], object]) -> bool:
    """Do *act* in a child that is killed at *point*. Returns whether it came there; else it must have succeeded."""
    child = os.fork()
    if not child:
        _act_and_leave(point, act)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _act_and_leave(point: str, act: Callable[[], object]) -> None:
    CrashPoint.passed = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == point else None
    code = 1
    try:
        act()
        code = 0
    finally:
        os._exit(code)
