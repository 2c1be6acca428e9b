"""A folder of this machine as a target: another disk, or one that is mounted from elsewhere.

It must be there already: one that is not mounted would be the very disk that it was to spare. The empty folder below
the mount is told from it by a mark (`marks.py`), which is looked for each time. What is written lies in
a ``.part`` beside its place, and gets its name once it is on the disk and was read back from there.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath

from apps.host.crash import CrashPoint
from apps.host.folders import ENTER, is_folder, look, own_folder, rename_new, spoken
from apps.host.targets.errors import Gone, Mismatch, NoSpace, Occupied, Unreachable
from apps.host.targets.fit import must_be_fit
from apps.host.targets.inside import digest_of, fill, is_older, part_of, reading, stored_at, version_of
from apps.host.targets.marks import marks_in, write_marks
from apps.host.targets.source import Source
from apps.host.targets.stream import BLOCK
from apps.host.targets.target import NAME, PART, Copy, Copying, Kept, Stored, Target, checked
from frankenpanel.places import Places

NAMED = CrashPoint("target.folder-named")
FULL = (errno.ENOSPC, errno.EDQUOT)
AWAY = (errno.ENOENT, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN, errno.ETIMEDOUT)


class FolderTarget(Target):
    """Where a copy broke off is seen from the ``.part``: nothing is to be kept of it."""

    def __init__(self, path: Path, places: Places, mark: str = "") -> None:
        """Raises Unfit where that folder cannot be a target, Unreachable where it is not there.

        Without a *mark* any folder will do that is there.
        """
        must_be_fit(path, places)
        self.path = path
        self.mark = mark
        self.shown = str(path)

    def give_mark(self, mark: str) -> None:
        """Let it be known by *mark*, beside those that it has."""
        with self._open() as folder:
            write_marks(folder, [*(one for one in marks_in(folder) if one != mark), mark])

    def take_mark(self, mark: str) -> None:
        """It not having that is no error."""
        with self._open() as folder:
            write_marks(folder, [one for one in marks_in(folder) if one != mark])

    def put(self, file: Path, name: str, copying: Copying) -> Copy:
        with Source(file) as source, self._folder_of(checked(name), make=True) as (folder, last):
            if look(folder, last) is None:
                self._write(source, folder, last, copying)
            else:
                source.read_all(BLOCK)
            if digest_of(folder, last) != source.sha256:
                raise Occupied(f"{self.path / name} is something else than this backup; it was left as it is.")
            return Copy(stored_at(folder, last, name), source.sha256, proven=True)

    def discard(self, name: str, kept: Kept) -> None:
        self._remove(f"{checked(name)}{PART}")

    def delete(self, name: str) -> None:
        self._remove(checked(name))

    def stat(self, name: str) -> Stored:
        with self._folder_of(name) as (folder, last):
            return stored_at(folder, last, name)

    def listed(self, folder: str = "") -> list[Stored]:
        found = []
        for name, folder_of_it in self._walk():
            if NAME.fullmatch(name) and not name.endswith(PART) and name.startswith(f"{folder}/" if folder else ""):
                with suppress(Gone):
                    found.append(stored_at(folder_of_it, PurePosixPath(name).name, name))
        return sorted(found, key=lambda one: one.name)

    def read_at(self, stored: Stored, offset: int, length: int) -> bytes:
        with self._folder_of(stored.name) as (folder, last), reading(folder, last, stored.name) as file:
            found = version_of(os.fstat(file))
            block = os.pread(file, length, offset)
        if found != stored.version or len(block) != length:
            raise Mismatch(f"{self.path / stored.name} is not as it was when it was copied; try another copy.")
        return block

    def sweep(self, before: datetime, spared: Collection[str] = ()) -> int:
        old = [name for name, at in self._walk() if name.endswith(PART) and is_older(at, name, before)]
        gone = [name for name in old if name.removesuffix(PART) not in spared]
        for name in gone:
            self._remove(name)
        return len(gone)

    def free(self) -> int:
        with self._open() as folder:
            disk = os.fstatvfs(folder)
        return disk.f_bavail * disk.f_frsize

    def _must_be_it(self, folder: int) -> None:
        if self.mark and self.mark not in marks_in(folder):
            raise Unreachable(
                f"{self.path} is not the folder that was set up: the panel's mark is not in it. Is its disk mounted?"
            )

    def _write(self, source: Source, folder: int, last: str, copying: Copying) -> None:
        """Into the part, what is not there yet; and its name, as the last act."""
        part = f"{last}{PART}"
        try:
            with part_of(folder, part, self.path / part) as file:
                self._must_fit(source.size - os.fstat(file).st_size)
                fill(file, source, copying)
            if digest_of(folder, part) != source.sha256:
                raise Mismatch(f"{self.path} gives back something else than what was written; is its disk broken?")
        except (OSError, Mismatch, NoSpace) as error:
            if not isinstance(error, OSError) or error.errno in FULL:
                os.unlink(part, dir_fd=folder)
            raise
        rename_new(folder, part, last)
        os.fsync(folder)
        NAMED()

    def _must_fit(self, needed: int) -> None:
        if needed > (free := self.free()):
            raise NoSpace(f"The copy needs {needed} bytes in {self.path}, and {free} are free.")

    def _remove(self, name: str) -> None:
        with suppress(Gone), self._folder_of(name) as (folder, last):
            if look(folder, last) is not None:
                os.unlink(last, dir_fd=folder)
                os.fsync(folder)

    def _walk(self) -> Iterator[tuple[str, int]]:
        """Each file below the folder: its name from there, and the open folder that it is in."""
        with self._open() as folder:
            for root, _, files, opened in os.fwalk(".", dir_fd=folder):
                for file in files:
                    yield str(PurePosixPath(root) / file), opened

    @contextmanager
    def _folder_of(self, name: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """The open folder that *name* is in, and its last part. Raises Gone where there is no such folder."""
        *folders, last = PurePosixPath(name).parts
        with self._open() as opened:
            below = [os.dup(opened)]
            try:
                for one in folders:
                    below.append(self._enter(below[-1], one, name, make=make))
                yield below[-1], last
            finally:
                for descriptor in below:
                    os.close(descriptor)

    def _enter(self, folder: int, one: str, name: str, *, make: bool) -> int:
        if make:
            with suppress(FileExistsError):
                os.mkdir(one, 0o700, dir_fd=folder)
        elif not is_folder(look(folder, one)):
            raise Gone(f"{self.path / name} is not there.")
        return os.open(one, ENTER, dir_fd=folder)

    @contextmanager
    def _open(self) -> Iterator[int]:
        try:
            with own_folder(Path("/"), self.path) as opened:
                self._must_be_it(opened)
                yield opened
        except OSError as error:
            if error.errno in FULL:
                raise NoSpace(f"The disk of {self.path} is full; make room and try again.") from error
            if error.errno in AWAY:
                raise Unreachable(f"{self.path} is away; is its disk mounted? ({error.strerror})") from error
            with spoken(self.path):
                raise
