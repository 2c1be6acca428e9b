"""Files that somebody names on the command line. What is wrong with one is a Usage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from apps.operations.management.base import Usage

CHUNK = 1 << 20


def new(name: str) -> IO[bytes]:
    """Open a file that is not there yet."""
    try:
        return Path(name).open("xb")
    except OSError as error:
        raise Usage(f"{name} cannot be written: {error.strerror}; name a new file.") from error


def opened(name: str) -> IO[bytes]:
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise Usage(f"{name} cannot be read: {error.strerror}.") from error


def chunks_of(file: IO[Any]) -> Iterator[bytes]:
    """All of it, a megabyte at a time."""
    try:
        while chunk := file.read(CHUNK):
            yield chunk
    except OSError as error:
        raise Usage(f"The file cannot be read: {error.strerror}.") from error
