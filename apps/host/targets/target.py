"""A place for copies of archives, wherever it is: one interface for a folder, S3 and SFTP.

How a lifecycle uses it, in a step on the queue for long ones::

    with host.targets.s3(place) as target:          # or .folder(path), .sftp(place)
        copying = Copying(kept, keep, run.progress)
        copy = target.put(archive, name, copying)   # goes on where it broke off
        proven = copy.proven or target.digest(target.stat(name)) == copy.sha256

*kept* is what *keep* was last given, out of the step's memo ({} at first): both are small, and hold no secret. The
step may run any number of times: a copy that lies there whole is found and not sent again. Unreachable is worth
``run.again``; every other error of ``errors.py`` is Refused. The step's undo is ``target.discard(name, kept)`` and
``target.delete(name)``. What runs left behind that were forgotten, ``sweep`` removes: once a day is enough.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_bytes, token_hex
from types import TracebackType
from typing import Any, Self

from apps.host.targets.errors import Mismatch, Unfit
from apps.host.targets.stream import BLOCK, Stream

COMPONENT = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"
NAME = re.compile(rf"{COMPONENT}(/{COMPONENT}){{0,3}}")
PART = ".part"
Progress = Callable[[int, int], None]
"""Takes the bytes so far and in all. What it raises breaks the copy off; the next run goes on from there."""
Kept = Mapping[str, Any]


@dataclass(frozen=True)
class Stored:
    """What lies under *name*. *version* changes with the content: a range read is of that one or fails."""

    name: str
    size: int
    modified: datetime
    version: str


@dataclass(frozen=True)
class Copy:
    """*sha256* is of the local file. *proven*: the target itself has shown that it holds the same bytes.

    Otherwise it has only said how many there are, and ``digest`` reads them back.
    """

    stored: Stored
    sha256: str
    proven: bool


@dataclass(frozen=True)
class Copying:
    """*kept*: what *keep* was given last, in an earlier run. It is called before what it tells of is relied upon."""

    kept: Kept = field(default_factory=dict)
    keep: Callable[[dict[str, Any]], None] = lambda kept: None
    progress: Progress = lambda done, total: None


class Target(ABC):
    """Every call may be made twice. Names are ``shop/shop-20261126T0330Z-17.tar.gz.age``: see NAME."""

    shown: str
    """What a person knows it by."""

    @abstractmethod
    def put(self, file: Path, name: str, copying: Copying) -> Copy:
        """Copy *file* under *name*: there whole or not at all. The same file there already is not sent again.

        Raises Occupied where something else is there, NoSpace, Mismatch where the target has kept something else.
        """

    @abstractmethod
    def discard(self, name: str, kept: Kept) -> None:
        """Remove what a ``put`` that was broken off has left. Nothing being there is no error."""

    @abstractmethod
    def stat(self, name: str) -> Stored:
        """Raises Gone."""

    @abstractmethod
    def listed(self, folder: str = "") -> list[Stored]:
        """What lies below *folder*, by name; what is half there is not listed."""

    @abstractmethod
    def read_at(self, stored: Stored, offset: int, length: int) -> bytes:
        """So many bytes of that very version. Raises Gone; Mismatch where there are fewer, or others."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """It not being there is no error."""

    @abstractmethod
    def sweep(self, before: datetime, spared: Collection[str] = ()) -> int:
        """Remove what unfinished copies from before *before* have left, save of the names *spared*; how many."""

    def free(self) -> int | None:
        """Bytes that there is room for; None where nobody says."""
        return None

    def close(self) -> None:  # noqa: B027 - most have nothing open
        """Nothing is open any more. The second time nothing happens."""

    def open(self, stored: Stored) -> Stream:
        """All of it, to be read in order. Errors as in ``read_at``."""
        return Stream(lambda offset, length: self.read_at(stored, offset, length), stored.size)

    def digest(self, stored: Stored, progress: Progress = lambda done, total: None) -> str:
        """The SHA-256 of what lies there, read back in full where the target cannot tell it by itself."""
        found, done = hashlib.sha256(), 0
        with self.open(stored) as content:
            while block := content.read(BLOCK):
                found.update(block)
                done += len(block)
                progress(done, stored.size)
        return found.hexdigest()

    def test(self, name: str = "") -> int | None:
        """Put a small file there, find it, read it back and remove it. Returns what ``free`` says.

        *name*: what it is called, so that one which was killed is cleared away by the next.
        """
        name, content = name or f"frankenpanel-test-{token_hex(6)}", token_bytes(4096)
        self.discard(name, {})
        self.delete(name)
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            try:
                self.put(Path(file.name), name, Copying())
                stored = next((one for one in self.listed() if one.name == name), None)
                if stored is None or self.read_at(stored, 1000, 100) != content[1000:1100]:
                    raise Mismatch(f"{self.shown} does not give back what was put there; it cannot keep backups.")
            finally:
                self.delete(name)
        return self.free()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def checked(name: str) -> str:
    """*name*, which must be one that every kind of target can have. Raises Unfit."""
    if not NAME.fullmatch(name) or any(part.endswith(PART) for part in name.split("/")):
        raise Unfit(f"{name[:60]!r} is no name for a copy: letters, digits, dots, - and _, and / between folders.")
    return name
