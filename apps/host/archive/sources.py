"""Where the bytes of an archive come from, wherever they lie: its size, and any part of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Protocol

from apps.host.folders import own_folder, spoken

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class Source(Protocol):
    """A file of a target. A read of more than there is gives what there is."""

    @property
    def size(self) -> int: ...

    def read_at(self, offset: int, length: int) -> bytes: ...


class LocalFile:
    """An archive of this machine, open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)


class Remembering:
    """A source whose last read is kept: what lies in it is not asked for again. Two threads may read from it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.size = source.size
        self._at, self._held = 0, b""
        self._alone = Lock()

    def read_at(self, offset: int, length: int) -> bytes:
        with self._alone:
            return self._read_at(offset, length)

    def _read_at(self, offset: int, length: int) -> bytes:
        skipped = offset - self._at
        if skipped < 0 or skipped + length > len(self._held):
            self._at, self._held, skipped = offset, self._source.read_at(offset, length), 0
        return self._held[skipped : skipped + length] if skipped or length < len(self._held) else self._held


@contextmanager
def local_file(base: Path, path: Path) -> Iterator[LocalFile]:
    """Open *path*, a file of the panel's own below *base*. Refused for a link, and where nothing is."""
    with spoken(path), own_folder(base, path.parent) as folder:
        descriptor = os.open(path.name, READ, dir_fd=folder)
    try:
        yield LocalFile(descriptor)
    finally:
        os.close(descriptor)
