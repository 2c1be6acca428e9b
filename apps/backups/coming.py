"""What somebody sent, or has put into his site's private folder, open: an archive, and perhaps a dump beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from apps.backups.keys import keys_of
from apps.backups.models import Backup
from apps.backups.room import must_have_room
from apps.host.archive.bytestream import ByteStream
from apps.host.archive.faults import Locked
from apps.host.archive.keys import Key, read_key
from apps.host.archive.sources import LocalFile
from apps.host.archive.tar_reading import Limits, Member
from apps.host.arriving.reading import limits_of, members_flowing, members_in
from apps.host.errors import Refused
from apps.host.room import FREE
from apps.host.site_files import Content
from apps.operations.letterbox import take_out
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.owner import owner_of

IDENTITY = "sealed_identity"
"""The parameter with a key that is used for this one archive, and kept nowhere after that."""
NO_KEY = "None of this server's keys opens the archive. Give the one that it was locked for (--identity-file)."


@dataclass(frozen=True)
class Coming:
    """*size*: bytes of the archive as it came. *dump*: what is in the second file, where there is one."""

    size: int
    members: Iterator[Member]
    dump: Iterator[bytes] | None


@contextmanager
def coming(run: Run) -> Iterator[Coming]:
    """Open it, from its beginning. Refused where none of the keys fits, or it is not there any more."""
    try:
        with _archive(run) as (size, members), _dump(run) as dump:
            yield Coming(size, members, dump)
    except Locked:
        raise Refused(NO_KEY) from None


@contextmanager
def _archive(run: Run) -> Iterator[tuple[int, Iterator[Member]]]:
    if run.params["upload"]:
        with run.host.spool.opened(run.params["upload"]) as opened:
            file = LocalFile(opened.fileno())
            yield file.size, members_in(file, _keys(run), _limits(run, file.size))
    else:
        with _of_the_site(run, run.params["path"]) as content:
            far, limits = _OfTheSite(run, run.params["path"], content.size), _limits(run, content.size)
            yield content.size, members_flowing(content.chunks, far, _keys(run), limits)


def _limits(run: Run, size: int) -> Limits:
    """Refused where there is no room for the archive even as it is."""
    must_have_room(run, size)
    return limits_of(size, run.host.archives.free() - FREE)


@contextmanager
def _dump(run: Run) -> Iterator[Iterator[bytes] | None]:
    if run.params["dump_upload"]:
        with run.host.spool.reading(run.params["dump_upload"]) as content:
            yield content.chunks
    elif run.params["dump"]:
        with _of_the_site(run, run.params["dump"]) as content:
            yield content.chunks
    else:
        yield None


@contextmanager
def _of_the_site(run: Run, path: str, offset: int = 0) -> Iterator[Content]:
    site = run.record(Site)
    with run.host.site_files.reading(owner_of(run, site), site.slug, f"private/{path}", offset) as content:
        yield content


@dataclass(frozen=True)
class _OfTheSite:
    """A file of the site's, of which a part is wanted now and then: each is read by a program of its user's."""

    run: Run
    path: str
    size: int

    def read_at(self, offset: int, length: int) -> bytes:
        with _of_the_site(self.run, self.path, offset) as content:
            return ByteStream(content.chunks).up_to(length)


def _keys(run: Run) -> list[Key]:
    given = run.params.get(IDENTITY)
    own = keys_of(run.record(Backup).server, run.host)
    return [read_key(take_out(run.host, given)), *own] if given else own
