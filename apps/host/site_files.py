"""Long files of a site, as streams: opened by a child with the site's uid (`tenant`), never by root.

What comes in is named ``….part`` until all of it is on the disk, so that a file with its own name is whole. It counts
against the quota of the site's user, for it is written by him.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.host.as_tenant import as_tenant, problem, program
from apps.host.command import Identity
from apps.host.crash import CrashPoint
from apps.host.errors import CommandFailed, Refused, Unavailable
from apps.host.files import inside
from apps.host.streams import Stream, Waiting, at_ease, streaming
from frankenpanel.places import Places

WRITTEN = CrashPoint("site-files.part-written")
SETTLED = CrashPoint("site-files.part-settled")
SIZE_LINE = 20


@dataclass(frozen=True)
class Content:
    """An open file. *size* is the whole file's, wherever the reading began."""

    size: int
    chunks: Iterator[bytes]


class SiteFiles:
    def __init__(self, places: Places) -> None:
        self.places = places

    @contextmanager
    def reading(
        self, owner: Identity, slug: str, relative: str, offset: int = 0, waiting: Waiting = at_ease
    ) -> Iterator[Content]:
        """Open *relative*. Refused for a link, also on the way, for what is no file, and where nothing is."""
        argv: list[str | Path] = [*program(owner), "send", self.places.site(slug), inside(relative), str(offset)]
        with streaming(argv, identity=owner, prints=True, waiting=waiting) as stream:
            yield Content(_size(stream), _chunks(stream))

    @contextmanager
    def writing(
        self, owner: Identity, slug: str, relative: str, needed: int, waiting: Waiting = at_ease
    ) -> Iterator[Stream]:
        """Write what becomes *relative* with ``settle``. Refused when the disk has no room for *needed* bytes."""
        argv: list[str | Path] = [*program(owner), "receive", self.places.site(slug), inside(relative), str(needed)]
        with streaming(argv, identity=owner, takes=True, waiting=waiting) as stream:
            try:
                yield stream
                stream.end()
            except CommandFailed as failed:
                raise problem(failed) from None
        WRITTEN()

    def settle(self, owner: Identity, slug: str, relative: str) -> int:
        """Give the written file its name. Returns its bytes. It having its name already is no error."""
        size = int(as_tenant(owner, "settle", self.places.site(slug), inside(relative)) or 0)
        SETTLED()
        return size

    def remove(self, owner: Identity, slug: str, relative: str) -> None:
        """Remove it, and what of it was not settled. Neither being there is no error."""
        as_tenant(owner, "remove", self.places.site(slug), inside(relative))


def _chunks(stream: Stream) -> Iterator[bytes]:
    try:
        yield from stream.chunks()
    except CommandFailed as failed:
        raise problem(failed) from None


def _size(stream: Stream) -> int:
    """The line before the file."""
    line = b""
    while not line.endswith(b"\n"):
        letter = stream.read(1)
        if not letter:
            _say_why(stream)
        line += letter
        if len(line) > SIZE_LINE:
            raise Refused("The site's file cannot be read: its size is no number.")
    return int(line)


def _say_why(stream: Stream) -> None:
    try:
        stream.end()
    except CommandFailed as failed:
        raise problem(failed) from None
    raise Unavailable("The site's file cannot be read: nothing came.")
