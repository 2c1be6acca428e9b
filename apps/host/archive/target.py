"""The file that an archive is written to: the panel's own, with its name only when all of it is on the disk."""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.host.archive.line import Line
from apps.host.crash import CrashPoint
from apps.host.folders import CREATE, look, must_fit, own_folder, spoken

BEGUN = CrashPoint("archive.part-begun")
FILLED = CrashPoint("archive.part-filled")
SYNCED = CrashPoint("archive.part-synced")
SETTLED = CrashPoint("archive.settled")
AT_ONCE = 32 << 20
"""Bytes after which the disk is told to begin writing, so that not all of it waits for the end."""
WRITE = 2
WAITING = 4
_libc = ctypes.CDLL(None, use_errno=True)


class Part:
    """*size*: bytes so far. The digest is taken by a thread of its own."""

    def __init__(self, descriptor: int) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self.line: Line[bytes | bytearray] = Line(self.digest.update, WAITING)
        self._descriptor = descriptor
        self._begun = 0

    def write(self, content: bytes | bytearray) -> None:
        self.line.put(content)
        left = memoryview(content)
        while left:
            left = left[os.write(self._descriptor, left) :]
        self.size += len(content)
        if self.size - self._begun >= AT_ONCE:
            self._to_disk()

    def _to_disk(self) -> None:
        """What was written before this time is on the disk by now, most likely: nobody needs it in memory."""
        _libc.sync_file_range(self._descriptor, ctypes.c_int64(self._begun), ctypes.c_int64(0), WRITE)
        os.posix_fadvise(self._descriptor, 0, self._begun, os.POSIX_FADV_DONTNEED)
        self._begun = self.size


@contextmanager
def writing(base: Path, path: Path, needed: int) -> Iterator[Part]:
    """Write what becomes *path*, in a folder that is there, for the panel alone to read; in the end it replaces one.

    Left by an error, it leaves no ``.part``; killed, it does, and the next one begins anew. Refused when the disk has
    no room for *needed* bytes, or becomes full.
    """
    with spoken(path), own_folder(base, path.parent) as folder:
        _unlink(folder, _part(path))
        must_fit(folder, needed, path)
        descriptor = os.open(_part(path), CREATE, 0o600, dir_fd=folder)
        try:
            BEGUN()
            part = Part(descriptor)
            with part.line:
                yield part
            FILLED()
            os.fsync(descriptor)
            SYNCED()
            os.rename(_part(path), path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            _unlink(folder, _part(path))
            raise
        finally:
            os.close(descriptor)
        os.fsync(folder)
        SETTLED()


def discard(base: Path, path: Path) -> None:
    """Neither the file nor what of it was not finished is there afterwards. Not being there is no error."""
    if not path.parent.is_dir():
        return
    with spoken(path), own_folder(base, path.parent) as folder:
        for name in (_part(path), path.name):
            _unlink(folder, name)
        os.fsync(folder)


def _part(path: Path) -> str:
    return f"{path.name}.part"


def _unlink(folder: int, name: str) -> None:
    if look(folder, name) is not None:
        os.unlink(name, dir_fd=folder)
