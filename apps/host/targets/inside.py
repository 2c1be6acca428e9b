"""What is done to one file in an open folder of a target: written, read back, looked at."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from apps.host.crash import CrashPoint
from apps.host.folders import look
from apps.host.targets.errors import Gone, Unreachable
from apps.host.targets.source import READ, Source
from apps.host.targets.stream import BLOCK
from apps.host.targets.target import Copying, Stored

WRITTEN = CrashPoint("target.folder-block-written")
OPEN_PART = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def part_of(folder: int, part: str, about: Path) -> Iterator[int]:
    """The unfinished copy, for one writer alone. Its lock dies with whoever holds it."""
    file = os.open(part, OPEN_PART, 0o600, dir_fd=folder)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unreachable(f"{about} is being written by another process; try again later.") from error
        yield file
    finally:
        os.close(file)


def fill(file: int, source: Source, copying: Copying) -> None:
    """Make it what *source* is; what is so already is only read."""
    done = 0
    for block in source.blocks(BLOCK):
        if os.pread(file, len(block), done) != block:
            _write_at(file, block, done)
            WRITTEN()
        done += len(block)
        copying.progress(done, source.size)
    os.ftruncate(file, done)
    os.fsync(file)


def _write_at(file: int, block: bytes, offset: int) -> None:
    left = memoryview(block)
    while left:
        count = os.pwrite(file, left, offset)
        left, offset = left[count:], offset + count


def digest_of(folder: int, last: str) -> str:
    """From the disk, as far as it lets itself be asked: not from memory, where it was just written."""
    file = os.open(last, READ, dir_fd=folder)
    with os.fdopen(file, "rb") as content:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def reading(folder: int, last: str, name: str) -> Iterator[int]:
    if look(folder, last) is None:
        raise Gone(f"{name} is not there any more.")
    file = os.open(last, READ, dir_fd=folder)
    try:
        yield file
    finally:
        os.close(file)


def stored_at(folder: int, last: str, name: str) -> Stored:
    found = look(folder, last)
    if found is None:
        raise Gone(f"{name} is not there.")
    return Stored(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC), version_of(found))


def version_of(found: os.stat_result) -> str:
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}"


def is_older(folder: int, name: str, before: datetime) -> bool:
    found = look(folder, PurePosixPath(name).name)
    return found is not None and found.st_mtime < before.timestamp()
