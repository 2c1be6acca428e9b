"""A folder of the site is emptied, however deep and however locked its tree is."""

from __future__ import annotations

import errno
import os

from apps.host.tenant.paths import ENTER, Resists

NOT_EMPTY = (errno.ENOTEMPTY, errno.EEXIST)
OWNER_CAN_CHANGE = 0o300


def empty(*paths: str) -> None:
    for path in paths:
        try:
            top = unlocked(path)
        except FileNotFoundError:
            continue
        trouble = sweep(top)
        os.close(top)
        if trouble:
            raise Resists(f"{path}/{trouble.filename} cannot be removed: {trouble.strerror}.")


def unlocked(name: str, inside: int | None = None) -> int:
    """Open a folder to empty it, also one that its owner has closed to himself."""
    try:
        opened = os.open(name, ENTER, dir_fd=inside)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=inside)
        opened = os.open(name, ENTER, dir_fd=inside)
    if os.fstat(opened).st_mode & OWNER_CAN_CHANGE != OWNER_CAN_CHANGE:
        os.fchmod(opened, 0o700)
    return opened


def sweep(top: int) -> OSError | None:
    """Remove all that is in the folder. Returns what resisted, when no further pass removes anything."""
    while True:
        removed = 0
        trouble = None
        for name in os.listdir(top):
            try:
                discard(top, name)
                removed += 1
            except OSError as error:
                trouble = OSError(error.errno, error.strerror, name)
        if not removed:
            return trouble


def discard(top: int, name: str, lift_to: int | None = None) -> None:
    """Remove a file, or a folder with all files in it.

    The folders in it go up to *top* for the next pass: however deep somebody nests them, two are open.
    """
    try:
        return os.unlink(name, dir_fd=top)
    except IsADirectoryError:
        pass
    try:
        return os.rmdir(name, dir_fd=top)
    except OSError as error:
        if error.errno not in NOT_EMPTY:
            raise
    if lift_to is not None:
        return lift(top, name, lift_to)
    hollow(top, name)
    return os.rmdir(name, dir_fd=top)


def hollow(top: int, name: str) -> None:
    inside = unlocked(name, top)
    trouble: OSError | None = None
    for entry in os.listdir(inside):
        try:
            discard(inside, entry, lift_to=top)
        except OSError as error:
            trouble = error
    os.close(inside)
    if trouble:
        raise trouble


def lift(inside: int, name: str, top: int) -> None:
    os.close(unlocked(name, inside))  # a folder that cannot be written to cannot be moved
    os.rename(name, f".{os.urandom(8).hex()}", src_dir_fd=inside, dst_dir_fd=top)
