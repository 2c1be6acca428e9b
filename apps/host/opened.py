"""An archive of a site, open: what is in it, its files unpacked as the site's user, its databases as SQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from apps.host.archive.index import Entry
from apps.host.archive.reading import Archive
from apps.host.archive.stored_dump import StoredDump, databases
from apps.host.archive.tar_reading import Member
from apps.host.archive.unpacking import Told, unpack_tree, within
from apps.host.archive.ustar import FILE, FOLDER, LINK
from apps.host.command import Identity
from apps.host.errors import Refused
from apps.host.streams import Waiting

KINDS = {"file": FILE, "folder": FOLDER, "link": LINK}
FILES = "files"


class Opened:
    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    @property
    def databases(self) -> list[str]:
        """The names that they had."""
        return databases(self.archive)

    @property
    def files(self) -> int:
        """How many there are of the site's."""
        return sum(entry.kind == "file" for entry in self.archive.index.below(FILES))

    def size_of(self, beginning: str) -> int:
        """Bytes of all whose path begins so."""
        return sum(entry.size for entry in self.archive.index.entries() if entry.path.startswith(beginning))

    def unpack(self, owner: Identity, folder: Path, only: str, waiting: Waiting, told: Told) -> None:
        """The site's files into *folder*, which is there and empty, as *owner*; *only* one path, if that is said."""
        members = self._below(f"{FILES}/{only}") if only else self.archive.members()
        unpack_tree(members, owner, folder, within(FILES), waiting, told)

    def dump(self, database: str) -> StoredDump:
        """That of *database*. Refused where there is none of that name."""
        return StoredDump(self.archive, database)

    def verify(self, told: Callable[[int], None]) -> None:
        """Read all of it. Refused for the first that is not as it was written."""
        for member in self.archive.members():
            told(member.size)

    def _below(self, path: str) -> Iterator[Member]:
        entries = self.archive.index.below(path)
        first = next(entries, None)
        if first is None:
            raise Refused(f"The backup has no {path.removeprefix(f'{FILES}/')}.")
        return map(self._member, chain([first], entries))

    def _member(self, entry: Entry) -> Member:
        content = (memoryview(part) for part in self.archive.content(entry)) if entry.kind == "file" else iter(())
        facts = (max(0, entry.mtime), entry.size, entry.points_to, entry.at, content)
        return Member(KINDS[entry.kind], os.fsencode(entry.path), entry.mode, *facts)
