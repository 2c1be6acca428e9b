"""A place for copies as a shelf: archives that are read where they lie, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from apps.host.archive.found import Found, found_in
from apps.host.archive.sources import Source
from apps.host.targets.target import Stored, Target


class FarAway:
    """As ``Archive`` takes a source: its size, and any part of that very version."""

    def __init__(self, place: Target, stored: Stored) -> None:
        self._place, self._stored = place, stored
        self.size = stored.size

    def read_at(self, offset: int, length: int) -> bytes:
        """A read of more than there is gives what there is."""
        return self._place.read_at(self._stored, offset, max(0, min(length, self.size - offset)))


class TargetShelf:
    """*opens*: connects to the place, each time that it is used."""

    def __init__(self, opens: Callable[[], Target], shown: str) -> None:
        self._opens = opens
        self.shown = shown

    def archives(self) -> list[Found]:
        with self._opens() as place:
            return found_in(self, (one.name for one in place.listed()))

    @contextmanager
    def read(self, name: str) -> Iterator[Source]:
        with self._opens() as place:
            yield FarAway(place, place.stat(name))
