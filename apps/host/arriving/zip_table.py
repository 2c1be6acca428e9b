"""A zip's table of contents, which stands at its end: what is in it, and where. Every number is somebody's word.

As PKWARE has it (APPNOTE), with zip64. `zipfile` makes an object of each entry before anything can be counted, decodes
names that are bytes, and takes entries that lie over each other (CVE-2024-0450), so it is not asked.
"""

from __future__ import annotations

import struct
from array import array
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass

from apps.host.archive.faults import Damaged, Hostile
from apps.host.archive.sources import Source
from apps.host.archive.tar_reading import Limits

MARKS = (b"PK\x03\x04", b"PK\x05\x06")
"""What a zip begins with; the second where nothing is in it."""
ENDING, LARGE_PLACE, LARGE = struct.Struct("<4s4H2LH"), struct.Struct("<4sLQL"), struct.Struct("<4sQ2H2L4Q")
ENTRY = struct.Struct("<4s2BH4H3L5H2L")
EXTRA, LARGE_EXTRA, TIME_EXTRA = struct.Struct("<2H"), 0x0001, 0x5455
LONGEST_COMMENT, LONGEST = 0xFFFF, 128 << 20
"""Bytes of what is said at the end, and of a table of a million entries."""
BEYOND = 0xFFFFFFFF
"""Stands for a number that is too large for its place."""
UTF8, WINDOWS = 1 << 11, (0, 10, 11, 14)
"""The flag of a name, and the systems that write names as DOS did."""
NO_ZIP = "The archive is damaged, or is no zip. Use another copy of it."
TAIL = ENDING.size + LARGE_PLACE.size + LARGE.size + LONGEST_COMMENT


@dataclass(frozen=True)
class Entry:
    """*name*: the bytes that stand beside the content, too; *path*: what they mean. *unix*: a mode, or 0.

    *at*: where it begins. *packed*: bytes that it takes there; *size*: those that it becomes.
    """

    name: bytes
    path: bytes
    flags: int
    method: int
    unix: int
    mtime: int
    crc: int
    packed: int
    size: int
    at: int


class Table:
    """*begins*: where in the file it does: all that is in the archive lies before it."""

    def __init__(self, source: Source, limits: Limits) -> None:
        """Damaged where it is none or is cut; Hostile for one with more entries than there may be."""
        count, size, self.begins = _ending(source)
        if count > limits.members or size > LONGEST:
            raise Hostile(f"The archive has more than {limits.members:,} entries, or names that are too long.")
        self._content = source.read_at(self.begins, size)
        ats, self._places, place = array("Q"), array("Q"), 0
        for _ in range(count):
            entry, following = _entry(self._content, place)
            ats.append(entry.at)
            self._places.append(place)
            place = following
        if place != size:
            raise Damaged(NO_ZIP)
        self._order = array("Q", sorted(range(count), key=ats.__getitem__))

    def __iter__(self) -> Iterator[Entry]:
        """As they lie in the file."""
        for number in self._order:
            yield _entry(self._content, self._places[number])[0]


def _ending(source: Source) -> tuple[int, int, int]:
    """How many entries there are, how long their table is, and where it begins."""
    begins = max(0, source.size - TAIL)
    tail = source.read_at(begins, source.size - begins)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < ENDING.size:
        raise Damaged("The archive is cut short: a zip ends with its table of contents. Use another copy of it.")
    _, disk, first, here, count, size, where, comment = ENDING.unpack_from(tail, at)
    if at + ENDING.size + comment != len(tail):
        raise Damaged(NO_ZIP)
    if tail[max(0, at - LARGE_PLACE.size) : at].startswith(b"PK\x06\x07"):
        at -= LARGE_PLACE.size + LARGE.size
        if at < 0 or not tail.startswith(b"PK\x06\x06", at):
            raise Damaged(NO_ZIP)
        _, _, _, _, disk, first, here, count, size, where = LARGE.unpack_from(tail, at)
    if disk or first or here != count:
        raise Damaged("The archive is one of several parts; pack it in one.")
    if where + size != begins + at:
        raise Damaged(NO_ZIP)
    return count, size, where


def _entry(table: bytes, place: int) -> tuple[Entry, int]:
    """The entry at *place*, and where the next one begins."""
    if len(table) - place < ENTRY.size:
        raise Damaged(NO_ZIP)
    mark, _, system, _, flags, method, clock, day, crc, packed, size, *rest = ENTRY.unpack_from(table, place)
    named, extended, said, _, _, outer, at = rest
    begins = place + ENTRY.size
    end = begins + named + extended
    if mark != b"PK\x01\x02" or end + said > len(table):
        raise Damaged(NO_ZIP)
    name = table[begins : begins + named]
    extra = dict(_extra(table[begins + named : end]))
    size, packed, at = _large((size, packed, at), extra.get(LARGE_EXTRA, b""))
    unix = 0 if system in WINDOWS else outer >> 16
    mtime = _mtime(extra.get(TIME_EXTRA, b""), day, clock)
    path = _path(name) if system in WINDOWS and not flags & UTF8 else name
    return Entry(name, path, flags, method, unix, mtime, crc, packed, size, at), end + said


def _extra(text: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + EXTRA.size <= len(text):
        key, length = EXTRA.unpack_from(text, at)
        at += EXTRA.size + length
        yield key, text[at - length : at]


def _large(numbers: tuple[int, int, int], extra: bytes) -> Iterator[int]:
    """*numbers*, each that is too large for its place out of *extra*, where these stand in this order."""
    for number in numbers:
        if number != BEYOND:
            yield number
        elif len(extra) >= 8:  # noqa: PLR2004 - bytes of a number there
            yield int.from_bytes(extra[:8], "little")
            extra = extra[8:]
        else:
            raise Damaged(NO_ZIP)


def _mtime(extra: bytes, day: int, clock: int) -> int:
    """What Unix says of it, or else DOS, which knows no zone; what is no day is the next that is one."""
    if len(extra) >= 5 and extra[0] & 1:  # noqa: PLR2004 - a flag and a number
        return int.from_bytes(extra[1:5], "little")
    date = (day >> 9) + 1980, min(12, max(1, day >> 5 & 15)), max(1, day & 31)
    return timegm((*date, clock >> 11, clock >> 5 & 63, (clock & 31) * 2))


def _path(name: bytes) -> bytes:
    """A name that Windows wrote: in UTF-8 if it can be, in DOS's letters if not; with its own sign between folders."""
    try:
        name.decode()
    except UnicodeDecodeError:
        name = name.decode("cp437").encode()
    return name if b"/" in name else name.replace(b"\\", b"/")
