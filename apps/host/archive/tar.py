"""What goes into an archive, entry by entry: into the tar and into its index."""

from __future__ import annotations

import os
from collections.abc import Iterable

from apps.host.archive import ustar
from apps.host.archive.blocks import Blocks, Bytes
from apps.host.archive.ledger import Fact, Ledger
from apps.host.errors import Refused

PRIVATE = 0o600


class Tar:
    def __init__(self, blocks: Blocks, ledger: Ledger, now: int, most: int) -> None:
        """*now*: seconds, what is written of its own is as old. *most*: bytes that all of it may have."""
        self._blocks, self._ledger, self._now, self._most = blocks, ledger, now, most

    def text(self, path: str, content: bytes, **about: Fact) -> None:
        """A file that whoever opens the archive may read, and nobody else. *about* goes into the index."""
        self.file(path.encode(), PRIVATE, self._now, len(content), [content], **about)

    def folder(self, path: bytes, mode: int, mtime: int) -> None:
        self._begin("folder", path, mtime, ustar.header(ustar.FOLDER, path, mode, mtime), mode=mode)

    def link(self, path: bytes, target: bytes, mtime: int) -> None:
        header = ustar.header(ustar.LINK, path, 0o777, mtime, target=target)
        self._begin("link", path, mtime, header, target=os.fsdecode(target))

    def file(self, path: bytes, mode: int, mtime: int, size: int, content: Iterable[Bytes], **about: Fact) -> None:
        """*content* must have *size* bytes."""
        if self._blocks.at + size > self._most:
            raise Refused(f"The site has more than the {self._most} bytes that a backup of it may have.")
        header = ustar.header(ustar.FILE, path, mode, mtime, size)
        self._begin("file", path, mtime, header, size=size, mode=mode, **about)
        for part in content:
            self._ledger.line.put(part)
            self._blocks.put(part)
        self._blocks.put(ustar.padding(size))

    def _begin(self, kind: str, path: bytes, mtime: int, header: bytes, **about: Fact) -> None:
        at = self._blocks.at + len(header)
        self._ledger.line.put({"path": os.fsdecode(path), "kind": kind, "at": at, "mtime": mtime, **about})
        self._blocks.put(header)
