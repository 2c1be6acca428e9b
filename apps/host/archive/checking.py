"""A tar held against its index as it flows by: every member, in order, and every byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apps.host.archive.faults import Damaged
from apps.host.archive.index import Entry
from apps.host.archive.line import Line
from apps.host.archive.tar_names import shown
from apps.host.archive.tar_reading import Member
from apps.host.archive.ustar import FILE, FOLDER, LINK

KINDS = {FILE: "file", FOLDER: "folder", LINK: "link"}
WAITING = 8


def checked(members: Iterator[Member], entries: Iterator[Entry]) -> Iterator[Member]:
    """*members*, of whose content all passes by. Damaged for the first that is not as its entry says; digests are
    taken by a thread of their own, so that this may be said a few members later, and at the end at the latest."""
    digests = _Digests()
    with digests.line:
        for member in members:
            entry = next(entries, None)
            if entry is None or not _is(member, entry):
                raise Damaged(f"The archive and its index are not of one piece at {shown(member.path)}.")
            digests.line.put(entry)
            content = digests.passing(member.content)
            yield replace(member, content=content)
            for _ in content:
                continue
        if next(entries, None) is not None:
            raise Damaged("The archive has less in it than its index says. Use another copy of it.")
    digests.end_entry()


def _is(member: Member, entry: Entry) -> bool:
    facts = (KINDS[member.kind], member.path, member.size, member.mtime, member.at, member.target)
    said = (entry.kind, entry.name, entry.size, max(0, entry.mtime), entry.at, entry.points_to)
    return facts == said


class _Digests:
    """Takes an entry, then its content."""

    def __init__(self) -> None:
        self.line: Line[Entry | memoryview] = Line(self._take, WAITING)
        self._entry: Entry | None = None
        self._digest: Any = None

    def passing(self, content: Iterator[memoryview]) -> Iterator[memoryview]:
        for part in content:
            self.line.put(part)
            yield part

    def end_entry(self) -> None:
        entry = self._entry
        if entry is not None and entry.kind == "file" and self._digest.hexdigest() != entry.sha256:
            raise Damaged(f"{shown(entry.name)} is not as it was written. Use another copy of the archive.")

    def _take(self, thing: Entry | memoryview) -> None:
        if isinstance(thing, Entry):
            self.end_entry()
            self._entry, self._digest = thing, hashlib.sha256()
        else:
            self._digest.update(thing)
