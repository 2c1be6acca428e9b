"""The worker's lock file: the truth about whether a worker runs.

The server process holds the lock itself, for it inherits the open file, and so does everything that it starts.
The kernel lets go when the last of them has ended, however it ended.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from apps.host import oplock
from apps.host.errors import Unavailable
from apps.host.folders import spoken
from apps.host.supervisor.processes import descriptors

FLAGS = re.compile(r"^flags:\s*([0-7]+)$", re.MULTILINE)
OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


TURN_TAKES = 60.0


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """One start, stop or reload of a worker at a time. Unavailable when another one takes over a minute.

    Its file is another one than the lock's: that one every program of the tenant has open, and could keep locked.
    """
    gate = path.with_suffix(".turn")
    descriptor = _acquire(gate)
    if descriptor is None:
        raise Unavailable(f"Another start or stop holds {gate}; try again when it has ended.")
    try:
        yield
    finally:
        oplock.release(gate, descriptor, remove=True)


def _acquire(gate: Path) -> int | None:
    """On a disk that is full a worker must still be stopped: the folder that all workers share does then."""
    try:
        return oplock.acquire(gate, patience=TURN_TAKES)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
    descriptor = os.open(gate.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def take(path: Path, patience: float = 0.5) -> int | None:
    """The descriptor of the locked file, for the server to inherit; None while somebody holds it.

    The *patience*, in seconds, is for those who only look (``is_held``): they hold it for an instant.
    """
    with spoken(path):
        descriptor = os.open(path, OPEN, 0o600)
    until = monotonic() + patience
    while not _try(descriptor, fcntl.LOCK_EX):
        if monotonic() > until:
            os.close(descriptor)
            return None
        sleep(0.01)
    return descriptor


def is_held(path: Path) -> bool:
    """Whether a worker runs, or is being started, or left something running."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _try(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def has_inherited(pid: int, path: Path) -> bool | None:
    """Whether the process has the lock file open as a server or its child has; None where we may not look.

    A process that starts workers, or only looks, has it open too, but never so that a program could inherit it.
    """
    try:
        wanted = path.stat()
    except FileNotFoundError:
        return False
    try:
        return any(_is_inherited(pid, number, wanted) for number in descriptors(pid))
    except PermissionError:
        return None  # the list alone may be had by any root, what is in it only by one who may trace processes


def _is_inherited(pid: int, number: str, wanted: os.stat_result) -> bool:
    try:
        if not os.path.samestat(os.stat(f"/proc/{pid}/fd/{number}"), wanted):
            return False
        flags = FLAGS.search(Path(f"/proc/{pid}/fdinfo/{number}").read_text())
    except FileNotFoundError:
        return False  # closed since it was listed
    return flags is not None and not int(flags[1], 8) & os.O_CLOEXEC


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
