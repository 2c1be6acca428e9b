"""The file that is copied: one that is finished, so it must stay as it is while it is read."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from apps.host.errors import Refused
from apps.host.folders import spoken

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class Source:
    """*sha256* is there once ``blocks`` has gone through all of it, or ``read_all``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sha256 = ""
        with spoken(path):
            self._descriptor = os.open(path, READ)
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(self._descriptor)
            raise Refused(f"{path} is no file.")
        self.size = found.st_size
        self.mark = f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}"
        """The same as long as it is the same file: what was sent of another is not gone on with."""

    def __enter__(self) -> Source:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        os.close(self._descriptor)

    def blocks(self, size: int) -> Iterator[bytes]:
        """The content, in pieces of *size* bytes. Refused where it changes meanwhile."""
        digest = hashlib.sha256()
        for offset in range(0, self.size, size):
            block = self._read(offset, min(size, self.size - offset))
            digest.update(block)
            yield block
        self.sha256 = digest.hexdigest()
        found = os.fstat(self._descriptor)
        if f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}" != self.mark:
            raise Refused(f"{self.path} was changed while it was copied; nothing was kept of the copy.")

    def read_all(self, size: int) -> None:
        """For its digest alone."""
        for _ in self.blocks(size):
            pass

    def _read(self, offset: int, length: int) -> bytes:
        block = b""
        while len(block) < length:
            with spoken(self.path):
                more = os.pread(self._descriptor, length - len(block), offset + len(block))
            if not more:
                raise Refused(f"{self.path} became shorter while it was copied; nothing was kept of the copy.")
            block += more
        return block
