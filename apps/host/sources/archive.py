"""Unpacking a release. Its digest was checked, and still it may make nothing but files below one folder."""

from __future__ import annotations

import lzma
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from apps.host.errors import Refused

FILES = 100_000
BYTES = 4 << 30
LONGEST = 255
"""Bytes in a name, on every file system that is in use."""
BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)


@dataclass(frozen=True)
class Member:
    """A file or folder of an archive. *size* in bytes, as its head says."""

    name: str
    folder: bool
    plain: bool
    size: int
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, folder: Path, tell: Callable[[int, int], None]) -> None:
    """Unpack a tar (packed or not) or zip archive into the empty *folder*, which nobody else may write to.

    *tell* takes the bytes written so far, and 0. Refused for links, devices, names that lead out or come
    twice, and for an archive that is damaged or larger than any release.
    """
    written = 0
    try:
        for count, member in enumerate(_members(archive)):
            if count >= FILES or written + member.size > BYTES:
                raise Refused(f"{archive.name} is too large for a release.")
            written += _write(member, _place(archive, member, folder))
            tell(written, 0)
    except BROKEN as error:
        raise Refused(f"{archive.name} is damaged or not an archive: {error}.") from error
    except (FileExistsError, NotADirectoryError) as error:
        raise Refused(f"{archive.name} has {error.filename} twice.") from error


def _place(archive: Path, member: Member, folder: Path) -> Path:
    parts = PurePosixPath(member.name).parts
    within = ".." not in parts and not member.name.startswith("/") and "\0" not in member.name
    if not member.plain or not within or any(len(os.fsencode(part)) > LONGEST for part in parts):
        raise Refused(f"{archive.name} has an entry that no release has: {member.name!r}.")
    return folder.joinpath(*parts)


def _write(member: Member, target: Path) -> int:
    if member.folder:
        target.mkdir(mode=0o755, parents=True, exist_ok=True)
        return 0
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with os.fdopen(descriptor, "wb") as file, member.open() as content:
        shutil.copyfileobj(content, file)
        if file.tell() != member.size:
            raise EOFError(f"{member.name} has {file.tell()} bytes instead of {member.size}")
    return member.size


def _members(archive: Path) -> Iterator[Member]:
    if zipfile.is_zipfile(archive):
        yield from _zip(archive)
    else:
        yield from _tar(archive)


def _tar(archive: Path) -> Iterator[Member]:
    with tarfile.open(archive, "r:*") as tar:
        for entry in tar:
            plain = entry.isdir() or (entry.isreg() and not entry.issparse())
            yield Member(entry.name, entry.isdir(), plain, entry.size, _opener(tar, entry))


def _opener(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        content = tar.extractfile(entry)
        if content is None:
            raise EOFError(f"{entry.name} has no content")
        return content

    return opened


def _zip(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            plain = kind in {0, stat.S_IFREG, stat.S_IFDIR} and not entry.flag_bits & 1
            yield Member(entry.filename, entry.is_dir(), plain, entry.file_size, partial(packed.open, entry))
