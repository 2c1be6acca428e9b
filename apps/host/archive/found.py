"""Archives that lie somewhere, whoever put them there: what their names tell, and each opened where it lies."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from apps.host.archive.keys import Key
from apps.host.archive.reading import Archive
from apps.host.archive.sources import READ, LocalFile, Source
from apps.host.errors import Refused
from apps.host.folders import spoken

NAMED = re.compile(r"([a-z0-9][a-z0-9-]{0,40})-([0-9]{8}T[0-9]{6}Z)-([0-9]{1,18})\.tar\.gz(\.age)?")


class Shelf(Protocol):
    """Where archives lie. Read only, and each time anew: between two of them hours may pass."""

    @property
    def shown(self) -> str: ...

    def archives(self) -> list[Found]:
        """Those whose names are an archive's, in any folder, the newest first. Refused where it cannot be read."""

    def read(self, name: str) -> AbstractContextManager[Source]: ...


@dataclass(frozen=True)
class Found:
    """*name*: what it is read by from its *shelf*. *slug*: whose it is by its name. *at*: as ``20260214T031500Z``."""

    shelf: Shelf = field(repr=False)
    name: str
    slug: str
    at: str
    number: int

    @property
    def file(self) -> str:
        return self.name.rpartition("/")[2]

    def read(self) -> AbstractContextManager[Source]:
        return self.shelf.read(self.name)


class Folder:
    """A folder of this machine as a shelf. No link in it is followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = str(path)

    def archives(self) -> list[Found]:
        if not self.path.is_dir():
            raise Refused(f"{self.path} is no folder that can be read; name the one that the archives lie in.")
        walked = os.walk(self.path, onerror=_unreadable)
        return found_in(self, (str(Path(where) / name) for where, _, files in walked for name in files))

    @contextmanager
    def read(self, name: str) -> Iterator[Source]:
        with spoken(Path(name)):
            descriptor = os.open(name, READ)
        try:
            yield LocalFile(descriptor)
        finally:
            os.close(descriptor)


def found_in(shelf: Shelf, names: Iterable[str]) -> list[Found]:
    """Those of *names* that are an archive's, the newest first."""
    told = ((name, NAMED.fullmatch(name.rpartition("/")[2])) for name in names)
    found = (Found(shelf, name, said[1], said[2], int(said[3])) for name, said in told if said)
    return sorted(found, key=lambda one: (one.at, one.number), reverse=True)


@contextmanager
def opened(shelf: Shelf, name: str, keys: Sequence[Key]) -> Iterator[Archive]:
    """Locked where none of *keys* fits, Damaged where it was cut or changed."""
    with shelf.read(name) as source:
        yield Archive(source, keys)


def _unreadable(error: OSError) -> None:
    raise Refused(f"{error.filename} cannot be read: {error.strerror}.") from error
