"""An archive that has come in, wherever it lies, as often as somebody wants to read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from apps.host.archive.faults import Damaged
from apps.host.archive.forward import members_of
from apps.host.archive.keys import Key
from apps.host.archive.reading import Archive
from apps.host.archive.sources import LocalFile, Source
from apps.host.archive.tar_reading import Limits, Member
from apps.host.arriving import zip_reading
from apps.host.arriving.zip_table import MARKS, Table

CHUNK, MEMBERS = 1 << 20, 1_000_000
UNSUSPECTED, DENSEST = 1 << 30, 200
"""Bytes that any archive may unpack to, and how much more than it has itself: a bomb has a thousand times as much."""


def limits_of(size: int, room: int) -> Limits:
    """What an archive of *size* bytes may hold, where there is *room* for so much."""
    return Limits(MEMBERS, max(0, min(room, max(UNSUSPECTED, DENSEST * size))))


def members_in(file: LocalFile, keys: Sequence[Key], limits: Limits) -> Iterator[Member]:
    """What is in a *file* that can be read fast from any place: by its index if it has one, which shows it to be whole.

    Without one it is read as it flows, where age and gzip, or zip, see whether it is. Locked, Damaged, Hostile.
    """
    try:
        archive = Archive(file, keys)
    except Damaged:
        return members_flowing(_chunks(file), file, keys, limits)
    return archive.members(limits)


def members_flowing(chunks: Iterator[bytes], file: Source, keys: Sequence[Key], limits: Limits) -> Iterator[Member]:
    """What is in a *file* that comes as *chunks*, from its beginning on. A zip's table of contents is read before."""
    first = next(chunks, b"")
    whole: Iterable[bytes] = chain([first], chunks)
    if first.startswith(MARKS):
        return zip_reading.members_of(whole, Table(file, limits), limits)
    return members_of(whole, keys, limits)


def _chunks(file: LocalFile) -> Iterator[bytes]:
    at = 0
    while chunk := file.read_at(at, CHUNK):
        yield chunk
        at += len(chunk)
