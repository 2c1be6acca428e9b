"""Files that came in at a door, on their way to a runner of this machine.

The web's processes write them, as the panel's user; a runner reads them as whatever is in them: somebody's dump. A
file has a name that nobody can guess, and it is there whole or not at all.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from apps.host.errors import HostError, Refused
from apps.host.folders import CREATE, must_fit, spoken
from apps.host.site_files import Content

NAME = re.compile("[0-9a-f]{32}")
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CHUNK = 1 << 20


class TooLong(HostError):
    """More came than may come."""


class Spool:
    def __init__(self, folder: Path, most: int) -> None:
        """*most*: bytes that a file may have."""
        self.folder, self.most = folder, most

    def take(self, chunks: Iterable[bytes], announced: int = 0) -> str:
        """Write *chunks* to a new file and return its name. TooLong, or Refused for a full disk: then nothing is left.

        *announced*: how many bytes shall come, where somebody said so.
        """
        if announced > self.most:
            raise TooLong(self._too_long())
        name = secrets.token_hex(16)
        with spoken(self.folder):
            folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                must_fit(folder, announced, self.folder)
                self._write(folder, name, chunks)
            finally:
                os.close(folder)
        return name

    def _write(self, folder: int, name: str, chunks: Iterable[bytes]) -> None:
        part, size = f"{name}.part", 0
        try:
            with os.fdopen(os.open(part, CREATE, 0o600, dir_fd=folder), "wb") as file:
                for chunk in chunks:
                    size += len(chunk)
                    if size > self.most:
                        raise TooLong(self._too_long())
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            (self.folder / part).unlink(missing_ok=True)
            raise

    @contextmanager
    def reading(self, name: str) -> Iterator[Content]:
        """Open one. Refused where it is not there any more."""
        with self.opened(name) as file:
            yield Content(os.fstat(file.fileno()).st_size, iter(lambda: file.read(CHUNK), b""))

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """The same, for whoever reads it from any place."""
        if not NAME.fullmatch(name):
            raise Refused("That is no upload; send the file anew.")
        try:
            opened = os.open(self.folder / name, READ)
        except OSError as error:
            raise Refused("The upload is not there any more; send the file anew.") from error
        with os.fdopen(opened, "rb") as file:
            yield file

    def remove(self, name: str) -> None:
        """Not being there is no error."""
        if NAME.fullmatch(name):
            (self.folder / name).unlink(missing_ok=True)

    def forget(self, *, but: Collection[str], older: float) -> int:
        """Remove what came more than *older* seconds ago, save *but*. Returns how many those were."""
        old = [entry for entry in os.scandir(self.folder) if entry.stat(follow_symlinks=False).st_mtime < _ago(older)]
        gone = [entry for entry in old if entry.name not in but]
        for entry in gone:
            Path(entry.path).unlink(missing_ok=True)
        return len(gone)

    def _too_long(self) -> str:
        return f"A file that is sent may have {self.most >> 20} MB; put a longer one into the site's private folder."


def _ago(seconds: float) -> float:
    return time.time() - seconds
