"""A folder at an SSH server as a target.

What is sent lies in a ``.part`` beside its place until all of it is there. OpenSSH offers no digest of a file: it is
the length alone that a copy is checked by at once, so that none is ``proven`` before ``digest`` has read it back.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import monotonic

from apps.host.addresses import Addresses
from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.targets.errors import Gone, Mismatch, NoSpace, Occupied
from apps.host.targets.sftp_files import SftpFiles
from apps.host.targets.sftp_session import SftpPlace, connected
from apps.host.targets.source import Source
from apps.host.targets.target import NAME, PART, Copy, Copying, Kept, Stored, Target, checked

SENT = CrashPoint("target.sftp-block-sent")
NAMED = CrashPoint("target.sftp-named")
BLOCK = 8 << 20
KEPT_EVERY = 5.0
"""Seconds between two times that the state is given to be kept: so much is sent twice at most after a crash."""


class SftpTarget(Target):
    """*kept* is ``{mark, name, done}``: of which file, to where, and how many bytes the server has confirmed."""

    def __init__(self, place: SftpPlace, addresses: Addresses) -> None:
        """Connects. Raises KeyChanged where another machine answers, LoginRefused where it does not let us in."""
        self._client = connected(place, addresses)
        self.files = SftpFiles(place, self._client)
        self.shown = self.files.shown

    def put(self, file: Path, name: str, copying: Copying) -> Copy:
        with Source(file) as source:
            if self._has(checked(name)):
                source.read_all(BLOCK)
            else:
                self._send(source, name, copying)
            stored = self.stat(name)
            if stored.size != source.size:
                raise Occupied(f"{self.shown}/{name} is something else than this backup; it is left as it is.")
            return Copy(stored, source.sha256, proven=False)

    def discard(self, name: str, kept: Kept) -> None:
        self.files.remove(f"{checked(name)}{PART}")

    def delete(self, name: str) -> None:
        self.files.remove(checked(name))

    def stat(self, name: str) -> Stored:
        return self.files.stored(name)

    def listed(self, folder: str = "") -> list[Stored]:
        found = [one for one in self.files.walk(folder) if NAME.fullmatch(one.name) and not one.name.endswith(PART)]
        return sorted(found, key=lambda one: one.name)

    def read_at(self, stored: Stored, offset: int, length: int) -> bytes:
        return self.files.read(stored, offset, length)

    def sweep(self, before: datetime, spared: Collection[str] = ()) -> int:
        old = [one.name for one in self.files.walk("") if one.name.endswith(PART) and one.modified < before]
        gone = [name for name in old if name.removesuffix(PART) not in spared]
        for name in gone:
            self.files.remove(name)
        return len(gone)

    def free(self) -> int | None:
        return self.files.free()

    def close(self) -> None:
        self._client.get_channel().get_transport().close()

    def _has(self, name: str) -> bool:
        with suppress(Gone):
            self.stat(name)
            return True
        return False

    def _send(self, source: Source, name: str, copying: Copying) -> None:
        """Into the part, from where it was confirmed on; and its name, as the last act."""
        part, done, kept_at = f"{name}{PART}", 0, 0.0
        begin = self._begin(source, name, copying.kept)
        for block in source.blocks(BLOCK):
            if done >= begin:
                self._write(part, done, block, source.size)
                SENT()
            done += len(block)
            if monotonic() - kept_at >= KEPT_EVERY:
                copying.keep({"mark": source.mark, "name": name, "done": done})
                kept_at = monotonic()
            copying.progress(done, source.size)
        self._must_be_whole(part, source.size)
        self.files.name(part, name)
        NAMED()

    def _begin(self, source: Source, name: str, kept: Kept) -> int:
        """Where to go on: at the start, unless the server has at least what was kept of this very file."""
        self.files.make_folders(name)
        there, free = self.files.size(f"{name}{PART}"), self.files.free()
        if free is not None and source.size - there > free:
            raise NoSpace(f"The copy needs {source.size - there} bytes at {self.shown}, and {free} are free.")
        is_same = (kept.get("mark"), kept.get("name")) == (source.mark, name)
        return int(kept["done"]) if is_same and there >= int(kept["done"]) else 0

    def _write(self, part: str, offset: int, block: bytes, size: int) -> None:
        """A server that is full says no more than that it failed: so it is asked how much room there is."""
        try:
            self.files.write(part, offset, block)
        except Refused as refusal:
            free = self.files.free()
            if free is None or free >= size - offset:
                raise
            self.files.remove(part)
            raise NoSpace(f"{self.shown} is full: {size - offset} more bytes are needed.") from refusal

    def _must_be_whole(self, part: str, size: int) -> None:
        found = self.files.size(part)
        if found != size:
            self.files.remove(part)
            raise Mismatch(f"Of {size} bytes {self.shown} has kept {found}; it cannot keep backups.")
