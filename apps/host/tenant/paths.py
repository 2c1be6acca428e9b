"""Paths below a site's folder, each component opened by itself; and whether something fits on the disk."""

from __future__ import annotations

import errno
import os
import stat

ENTER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
NOT_A_FOLDER = (errno.ELOOP, errno.ENOTDIR)


class Problem(Exception):
    """A sentence for a person."""


class Resists(Problem):
    """One that may pass."""


def enter(name: str, inside: int | None = None) -> int:
    """Open the folder *name*, which must not be a link."""
    try:
        return os.open(name, ENTER, dir_fd=inside)
    except OSError as error:
        if error.errno in NOT_A_FOLDER:
            raise Problem(f"{name} is a link or a file where a folder belongs; remove it.") from error
        if error.errno == errno.EACCES and inside is None:
            raise Problem(f"{name} cannot be entered; chmod o+x the folders above.") from error
        raise


def descend(top: str, relative: str, make: int | None = None) -> int:
    """Open *relative* below *top*; with *make*, the folders that are not there are made with that mode."""
    folder = enter(top)
    for name in filter(None, relative.split("/")):
        if make is not None:
            have_folder(folder, name, make)
        below = enter(name, folder)
        os.close(folder)
        folder = below
    return folder


def have_folder(inside: int, name: str | bytes, mode: int) -> None:
    try:
        os.mkdir(name, mode, dir_fd=inside)
    except FileExistsError:
        return  # a file or a link by that name is refused when it is entered


def must_be_plain(folder: int, name: str) -> None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise Problem(f"{name} is a link or a folder where a file belongs; remove it, try again.")


def opened_plain(top: str, relative: str) -> int:
    """The file, open. What is no file, or is reached through a link, is a Problem."""
    parent, _, name = relative.rpartition("/")
    folder = descend(top, parent)
    must_be_plain(folder, name)
    opened = os.open(name, READ, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        raise Problem(f"{name} is not a file any more.")
    return opened


def is_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def unlink(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def must_fit(folder: int, needed: int, files: int = 1) -> None:
    disk = os.fstatvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if needed > free:
        raise Problem(f"The disk is too full: {needed} bytes are needed and {free} are free.")
    if disk.f_files and files > disk.f_favail:
        raise Problem(f"The disk is too full: {files} more files are needed and {disk.f_favail} can be made.")
