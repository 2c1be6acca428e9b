"""The panel's own folders and files: root's (or the caller's), and never below somebody else's folder.

A path is opened component by component, never through a link, and each folder on the way must be the panel's.
So it does not matter what a site, or the front, may have put where.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from apps.host.errors import Refused, Unavailable

ENTER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def spoken(about: Path) -> Iterator[None]:
    """Turn what the system says about *about* into a sentence."""
    try:
        yield
    except OSError as error:
        raise Refused(_sentence(error, about)) from error


def _sentence(error: OSError, about: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk of {about} is full; make room and try again."
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return f"{about} leads through a link or a file instead of a folder; remove that and try again."
    return f"{about} cannot be used: {error.strerror}."


@contextmanager
def own_folder(base: Path, path: Path) -> Iterator[int]:
    """The folder *path*, open. Refused where a folder on the way below *base* is not the panel's own."""
    opened = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in path.relative_to(base).parts:
            below = os.open(name, ENTER, dir_fd=opened)
            os.close(opened)
            opened = below
            _must_be_ours(opened, path)
        yield opened
    finally:
        os.close(opened)


def _must_be_ours(opened: int, path: Path) -> None:
    if os.fstat(opened).st_uid not in (0, os.geteuid()):
        raise Refused(f"{path} lies in a folder of another user; the panel does not touch it there.")


def look(folder: int, name: str) -> os.stat_result | None:
    """What *name* is in the open *folder*, itself and not what it points to; None if it is not there."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def names_in(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def is_folder(found: os.stat_result | None) -> bool:
    return found is not None and stat.S_ISDIR(found.st_mode)


def have(path: Path, mode: int) -> None:
    """A folder of the panel's own is there, and has at least the rights of *mode*, whatever the umask."""
    path.mkdir(0o700, parents=True, exist_ok=True)
    with own_folder(path.parent, path) as opened:
        has = stat.S_IMODE(os.fstat(opened).st_mode)
        if has & mode != mode:
            os.fchmod(opened, has | mode)


def give(folder: int, name: str, owner: tuple[int, int], mode: int) -> None:
    """Set owner and mode of the folder *name*, which lies where nobody but the panel can exchange it."""
    opened = os.open(name, ENTER, dir_fd=folder)
    try:
        os.fchown(opened, *owner)
        os.fchmod(opened, mode)
    finally:
        os.close(opened)


def rename_new(folder: int, old: str, new: str) -> None:
    """Rename within *folder*; FileExistsError if *new* is there, be it an empty folder."""
    _rename((folder, old), (folder, new), RENAME_NOREPLACE)


def move_new(old: int, new: int, name: str) -> None:
    """Move *name* from the open folder *old* into *new*; FileExistsError if it is there already."""
    _rename((old, name), (new, name), RENAME_NOREPLACE)


def exchange(one: int, other: int, name: str) -> None:
    """What is called *name* in each of two open folders changes places, at once: no reader finds it missing."""
    _rename((one, name), (other, name), RENAME_EXCHANGE)


def _rename(old: tuple[int, str], new: tuple[int, str], how: int) -> None:
    if _libc.renameat2(old[0], os.fsencode(old[1]), new[0], os.fsencode(new[1]), how):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), new[1])


def settle(folder: int) -> None:
    """All of the file system that the open *folder* is on is on the disk afterwards."""
    if _libc.syncfs(folder):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def must_fit(folder: int, needed: int, about: Path) -> None:
    """Raises Refused with the number of bytes when the disk has no room for *needed* more."""
    disk = os.fstatvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if needed > free:
        raise Refused(f"The disk of {about} is too full: {needed} bytes are needed and {free} are free.")


@contextmanager
def alone_in(folder: int, about: Path, patience: float = 10.0) -> Iterator[None]:
    """One writer at a time in the open *folder*. One who is killed leaves no lock behind."""
    until = monotonic() + patience
    while not _locked(folder):
        if monotonic() > until:
            raise Unavailable(f"Another process has been writing in {about} for {patience:g} seconds.")
        sleep(0.01)
    try:
        yield
    finally:
        fcntl.flock(folder, fcntl.LOCK_UN)


def _locked(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
