"""An operation's lock file: who holds it is at work, and whoever cannot get it must not begin.

The kernel keeps the lock as long as any process has the open file: the runner, and each program that it started
and waits for. So a free lock proves that nobody is at work any more, and a held one tells who still is.
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

TAKER = re.compile(r"^lock:.*FLOCK.*\b(?:READ|WRITE) (\d+) ", re.MULTILINE)


def acquire(path: Path, patience: float = 0.0) -> int | None:
    """Take the lock, trying for *patience* seconds. Returns its file descriptor, or None while somebody has it."""
    until = monotonic() + patience
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        taken = _try(descriptor)
        if taken and _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)  # where we had it, the one before us removed the file: take the new one
        if not taken and monotonic() >= until:
            return None
        sleep(0 if taken else 0.02)


def release(path: Path, descriptor: int, *, remove: bool) -> None:
    """Give the lock back. *remove* the file when its operation has ended."""
    if remove:
        path.unlink(missing_ok=True)
    os.close(descriptor)


def is_abandoned(path: Path) -> bool:
    """Whether nobody is at work under this lock, or only what a dead runner left running."""
    return not any(pid == taker for pid, taker in _holders(path))


def bury(path: Path) -> int:
    """Where the runner that took the lock is dead, kill what it left running. Returns how many were killed.

    A runner that is alive, and be it stopped, is never touched: nobody works beside it.
    """
    holders = list(_holders(path))
    if any(pid == taker for pid, taker in holders):
        return 0
    return sum(_kill(pid) for pid, _ in holders)


def end_inheritors(path: Path) -> int:
    """Kill every process that has the lock from whoever took it, and not that one. Returns how many were killed."""
    return sum(_kill(pid) for pid, taker in list(_holders(path)) if pid != taker)


def has_inheritors(path: Path) -> bool:
    """Whether any process has the lock from whoever took it."""
    return any(pid != taker for pid, taker in _holders(path))


def _holders(path: Path) -> Iterator[tuple[int, int]]:
    """Each process that holds the lock, with the one that took it: the same, or the dead one it inherited it from.

    One that merely has the file open, to try the lock, is none of them: the kernel tells in ``fdinfo``.
    """
    try:
        wanted = path.stat()
    except FileNotFoundError:
        return
    for pid in filter(str.isdigit, os.listdir("/proc")):
        taker = _taker(pid, wanted)
        if taker is not None:
            yield int(pid), taker


def _taker(pid: str, wanted: os.stat_result) -> int | None:
    """Who took the lock that process *pid* holds; None if it holds none."""
    try:
        descriptors = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return None  # it has just ended, or is another user's: neither holds our lock
    found = (_lock_of(pid, descriptor, wanted) for descriptor in descriptors)
    return next((taker for taker in found if taker is not None), None)


def _lock_of(pid: str, descriptor: str, wanted: os.stat_result) -> int | None:
    try:
        if not os.path.samestat(os.stat(f"/proc/{pid}/fd/{descriptor}"), wanted):
            return None
        found = TAKER.search(Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text())
    except OSError:
        return None  # closed since we listed it, or a socket that cannot be looked at: not a file of ours
    return int(found[1]) if found else None


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kill(pid: int) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(process)
    return True


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
