"""Archives that lie in a folder, whoever put them there: what their names tell, and each opened where it lies."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.host.archive.keys import Key
from apps.host.archive.reading import Archive
from apps.host.archive.sources import READ, LocalFile
from apps.host.errors import Refused
from apps.host.folders import spoken

NAMED = re.compile(r"([a-z0-9][a-z0-9-]{0,40})-([0-9]{8}T[0-9]{6}Z)-([0-9]{1,18})\.tar\.gz(\.age)?")


@dataclass(frozen=True)
class Found:
    """*slug*: whose it is by its name. *at*: when it was made, as ``20260214T031500Z``."""

    path: Path
    slug: str
    at: str
    number: int


def archives_in(folder: Path) -> list[Found]:
    """Those whose names are an archive's, in any folder below *folder*, the newest first. No link is followed."""
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder that can be read; name the one that the archives lie in.")
    names = (Path(where) / name for where, _, files in os.walk(folder, onerror=_unreadable) for name in files)
    found = (Found(path, said[1], said[2], int(said[3])) for path in names if (said := NAMED.fullmatch(path.name)))
    return sorted(found, key=lambda one: (one.at, one.number), reverse=True)


@contextmanager
def opened(path: Path, keys: Sequence[Key]) -> Iterator[Archive]:
    """Locked where none of *keys* fits, Damaged where it was cut or changed."""
    with read(path) as source:
        yield Archive(source, keys)


@contextmanager
def read(path: Path) -> Iterator[LocalFile]:
    with spoken(path):
        descriptor = os.open(path, READ)
    try:
        yield LocalFile(descriptor)
    finally:
        os.close(descriptor)


def _unreadable(error: OSError) -> None:
    raise Refused(f"{error.filename} cannot be read: {error.strerror}.") from error
