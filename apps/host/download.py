"""One file over HTTP: resumed where it broke off, checked, and never half there.

Standard library only: it also fetches what the panel needs before its environment exists.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import http.client
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from apps.host.errors import Refused, Unavailable
from apps.host.web import Broken, NoRange, open_url, shown

Progress = Callable[[int, int], None]
"""Takes the bytes so far and in all (0: not known). What it raises breaks the download off."""
CHUNK = 1 << 18
TRIES = 3
"""Transfers in a row that may end without one byte more."""


class Tampered(Refused):
    """What arrived is not what its publisher says it is."""


@dataclass(frozen=True)
class Wanted:
    """What the file must be; None where nobody says. Digests are hexadecimal, *size* is in bytes."""

    url: str
    size: int | None
    digests: dict[str, str]

    def wrong(self, file: Path) -> str:
        """Why *file* is not the wanted one, as the end of a sentence; empty when it is."""
        if self.size is not None and file.stat().st_size != self.size:
            return f"has {file.stat().st_size} bytes instead of {self.size}"
        for algorithm, digest in self.digests.items():
            with file.open("rb") as content:
                found = hashlib.file_digest(content, algorithm).hexdigest()
            if found != digest.lower():
                return f"has the {algorithm} digest {found} instead of {digest}"
        return ""


def fetch(  # noqa: PLR0913 - what is known of the file beforehand differs from publisher to publisher
    url: str,
    target: Path,
    *,
    sha256: str | None = None,
    sha1: str | None = None,
    sha512: str | None = None,
    size: int | None = None,
    progress: Progress | None = None,
    connect_timeout: float = 5,
) -> Path:
    """Download *url* to *target* (mode 0644) and return it; one that is there and fits is kept as it is.

    Broken off, it leaves ``<target>.part`` and goes on from there the next time. Two at once: the second
    waits for the first. *connect_timeout* is in seconds, up to the first bytes of the answer.
    Raises Unavailable when the server cannot be reached or fails, Tampered for another size or digest than
    expected (nothing is left then), Refused when the server does not have it or the disk is full.
    """
    known = {name: value for name, value in (("sha256", sha256), ("sha1", sha1), ("sha512", sha512)) if value}
    wanted = Wanted(url, size, known)
    tell = progress or (lambda done, total: None)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(Path(f"{target}.part"), lambda done: tell(done, size or 0)) as part:
        if target.exists() and not wanted.wrong(target):
            part.drop()
            return target
        resumed = part.size > 0
        _transfer(wanted, part, tell, connect_timeout)
        if resumed and wanted.wrong(part.path):
            part.restart("")
            _transfer(wanted, part, tell, connect_timeout)
        if wrong := wanted.wrong(part.path):
            part.drop()
            raise Tampered(f"{shown(url)} {wrong}; it was thrown away.")
        part.keep_as(target)
    return target


class Part:
    """The unfinished file. Beside it stands the server's tag of what it is a part of."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.file = file
        self._tag = Path(f"{path}-tag")

    @property
    def size(self) -> int:
        return self.file.seek(0, os.SEEK_END)

    @property
    def tag(self) -> str:
        """Empty when the server gave none: then nothing says whether a rest would still fit."""
        return self._tag.read_text() if self._tag.exists() else ""

    def restart(self, tag: str) -> None:
        self.file.seek(0)
        self.file.truncate()
        self._tag.write_text(tag)

    def add(self, data: bytes) -> None:
        try:
            self.file.write(data)
            self.file.flush()
        except OSError as error:
            raise Refused(f"{self.path.parent} cannot take the download: {error.strerror}.") from error

    def require(self, count: int) -> None:
        free = shutil.disk_usage(self.path.parent).free
        if count > free:
            raise Refused(f"The download needs {count} bytes in {self.path.parent}, and {free} are free.")

    def drop(self) -> None:
        self.path.unlink()
        self._tag.unlink(missing_ok=True)

    def keep_as(self, target: Path) -> None:
        os.fchmod(self.file.fileno(), 0o644)
        os.fsync(self.file.fileno())
        self._tag.unlink(missing_ok=True)
        self.path.rename(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _alone(path: Path, waiting: Callable[[int], None]) -> Iterator[Part]:
    """The part, locked. Its lock dies with the process, and goes away with the finished file."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            _lock(descriptor, waiting)
            if _still_there(path, descriptor):
                yield Part(path, file)
                return


def _lock(descriptor: int, waiting: Callable[[int], None]) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.EACCES}:
                raise
        waiting(os.fstat(descriptor).st_size)
        time.sleep(0.2)


def _still_there(path: Path, descriptor: int) -> bool:
    """False when whoever held the lock has finished meanwhile: then *path* is another file, or none."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    return False


def _transfer(wanted: Wanted, part: Part, tell: Progress, seconds: float) -> None:
    """Fill *part*, beginning again where a connection broke."""
    best, failed = part.size, 0
    while wanted.size is None or part.size != wanted.size:
        try:
            _receive(wanted, part, tell, seconds)
            break
        except (Broken, NoRange) as broken:
            failed = 0 if part.size > best else failed + 1
            best = max(best, part.size)
            if isinstance(broken, NoRange):
                part.restart("")
            if failed == TRIES:
                raise Unavailable(f"{broken} Try again: what has arrived is kept.") from broken


def _receive(wanted: Wanted, part: Part, tell: Progress, seconds: float) -> None:
    held, tag = part.size, part.tag
    rest = {"Range": f"bytes={held}-", "If-Range": tag} if held and tag else {}
    with open_url(wanted.url, rest, seconds) as answer:
        if answer.status != http.client.PARTIAL_CONTENT:
            part.restart(answer.tag)
            held = 0
        total = held + answer.length if answer.length is not None else 0
        if wanted.size is not None and total not in {0, wanted.size}:
            part.drop()
            raise Tampered(f"{shown(wanted.url)} has {total} bytes instead of {wanted.size}.")
        part.require(total - held)
        for data in answer.chunks(CHUNK):
            part.add(data)
            held += len(data)
            tell(held, total)
