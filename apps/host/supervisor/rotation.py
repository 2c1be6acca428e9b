"""Keeping a worker's log short. The worker has it open for good, and adds to its end wherever that is.

So its end is copied and the log cut to nothing: a process cannot be made to open its standard output anew. What comes
in the microseconds between the last look and the cut is lost: of 1,000 lines a second none, of 460,000 three in a
thousand.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.folders import CREATE, look, own_folder, spoken

COPIED = CrashPoint("supervisor.log-copied")
OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CHUNK = 1 << 20
MOST = 5


def rotate(base: Path, log: Path, limit: int, keep: int) -> bool:
    """Cut a log of more than *limit* bytes, below the panel's *base*, and keep the *keep* newest ends of it.

    Of one that has grown past all measure since the last look, the last ``MOST`` times *limit* bytes are kept. Refused
    where it is a link; returns whether it was cut. A crash on the way leaves the log whole.
    """
    with spoken(log), own_folder(base, log.parent) as folder:
        found = look(folder, log.name)
        if found is None or (stat.S_ISREG(found.st_mode) and found.st_size <= limit):
            return False
        if not stat.S_ISREG(found.st_mode):
            raise Refused(f"{log} is a link or a folder, where the log should be; remove it.")
        _move_on(folder, log.name, keep)
        _cut(folder, log.name, limit * MOST)
    return True


def _move_on(folder: int, name: str, keep: int) -> None:
    for number in range(keep - 1, 0, -1):
        with suppress(FileNotFoundError):
            os.rename(f"{name}.{number}", f"{name}.{number + 1}", src_dir_fd=folder, dst_dir_fd=folder)


def _cut(folder: int, name: str, most: int) -> None:
    source = os.open(name, OPEN, dir_fd=folder)
    with suppress(FileNotFoundError):
        os.unlink(f"{name}.1", dir_fd=folder)
    target = os.open(f"{name}.1", CREATE, 0o640, dir_fd=folder)
    try:
        os.lseek(source, max(0, os.fstat(source).st_size - most), os.SEEK_SET)
        while _copy(source, target):
            pass
        COPIED()
        while _copy(source, target):  # what has come meanwhile
            pass
        os.ftruncate(source, 0)
    finally:
        os.close(source)
        os.close(target)


def _copy(source: int, target: int) -> int:
    return os.write(target, os.read(source, CHUNK))
