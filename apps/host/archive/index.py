"""The index of an archive: what is in it and where, read without reading the archive."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from apps.host.archive.bytestream import ByteStream
from apps.host.archive.faults import Damaged
from apps.host.archive.members import TRAILER, flowing, told_by
from apps.host.archive.sources import Source
from apps.host.archive.tar_reading import fields_of, number
from apps.host.archive.ustar import RECORD

SLICE, FAR_SLICE = 1 << 18, 4 << 20
HELD = 16 << 20
"""Bytes of it that are kept: those of some four hundred thousand files."""
LONGEST_LINE, LONGEST = 1 << 24, 1 << 28
BROKEN = "The archive's index is damaged. Use another copy of it."
NUMBERS = ("at", "mtime", "mode", "size")
TEXTS = ("path", "kind", "sha256", "target", "part", "table")


@dataclass(frozen=True)
class Entry:
    """*kind*: file, folder or link. *at*: where its content begins in the tar. *part* and *table*: of a dump."""

    path: str
    kind: str
    at: int
    mtime: int
    mode: int = 0
    size: int = 0
    sha256: str = ""
    target: str = ""
    part: str = ""
    table: str = ""

    @property
    def name(self) -> bytes:
        return os.fsencode(self.path)

    @property
    def points_to(self) -> bytes:
        return os.fsencode(self.target)


class Index:
    """*end*: where it begins in the unlocked archive, which is where the blocks end. It is kept packed; one that memory
    has no room for is read anew each time that something is looked for."""

    def __init__(self, archive: Source) -> None:
        end = told_by(archive.read_at(max(0, archive.size - TRAILER), TRAILER))
        if end is None or not 0 < archive.size - TRAILER - end <= LONGEST:
            raise Damaged("This archive has no index that the panel has written, or its end is missing.")
        self.end = end
        self._archive, self._size = archive, archive.size - TRAILER - end
        self._held = archive.read_at(end, self._size) if self._size <= HELD else b""
        self._ends = self._read_blocks()

    def entries(self) -> Iterator[Entry]:
        """All entries but the index itself, in the order of the archive."""
        return (_entry(line) for line in self._lines() if line.startswith(b'{"path":'))

    def find(self, path: str) -> Entry | None:
        wanted = b'{"path":' + json.dumps(path).encode() + b","
        return next((_entry(line) for line in self._lines() if line.startswith(wanted)), None)

    def below(self, prefix: str) -> Iterator[Entry]:
        """The entry *prefix* and all that is in it."""
        within = prefix.rstrip("/") + "/"
        begins = b'{"path":' + json.dumps(within[:-1]).encode()[:-1]  # most lines need not be understood
        entries = (_entry(line) for line in self._lines() if line.startswith(begins))
        return (entry for entry in entries if (entry.path + "/").startswith(within))

    @property
    def count(self) -> int:
        """Of blocks."""
        return len(self._ends)

    def block(self, number: int) -> tuple[int, int]:
        """Where it begins and ends in the unlocked archive."""
        return (self._ends[number - 1] if number else 0), self._ends[number]

    def _read_blocks(self) -> array[int]:
        last = b""
        for line in self._lines():
            last = line or last
        sizes = _json(b"{" + last).get("blocks")
        if not isinstance(sizes, list) or not all(type(size) is int and size > 0 for size in sizes):
            raise Damaged(BROKEN)
        ends = array("Q", accumulate(sizes))
        if not ends or ends[-1] != self.end:
            raise Damaged(BROKEN)
        return ends

    def _lines(self) -> Iterator[bytes]:
        text = ByteStream(flowing(self._slices()))
        header, _ = fields_of(text.exactly(RECORD))
        left = b""
        for part in text.parts(number(header[4])):
            *lines, left = (left + bytes(part)).split(b"\n")
            yield from lines
            if len(left) > LONGEST_LINE:
                raise Damaged(BROKEN)
        yield left

    def _slices(self) -> Iterator[bytes]:
        if self._held:
            yield from (self._held[at : at + SLICE] for at in range(0, self._size, SLICE))
        else:
            for at in range(0, self._size, FAR_SLICE):
                yield self._archive.read_at(self.end + at, min(FAR_SLICE, self._size - at))


def _entry(line: bytes) -> Entry:
    found = _json(line.removesuffix(b","))
    numbers = {key: found.pop(key, 0) for key in NUMBERS}
    texts = {key: found.pop(key, "") for key in TEXTS}
    if found or not all(type(number) is int and number >= 0 for number in numbers.values()):
        raise Damaged(BROKEN)
    if not all(isinstance(text, str) for text in texts.values()):
        raise Damaged(BROKEN)
    return Entry(**texts, **numbers)


def _json(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Damaged(BROKEN) from None
    if not isinstance(found, dict):
        raise Damaged(BROKEN)
    return found
