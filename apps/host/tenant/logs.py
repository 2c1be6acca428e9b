"""The site's own logs: their ends, and what becomes of them when they are long."""

from __future__ import annotations

import os
import stat
import sys

from apps.host.tenant.paths import READ, Problem, enter, must_be_plain


def tail(top: str, name: str, limit: str) -> None:
    folder = enter(top)
    must_be_plain(folder, name)
    try:
        file = os.fdopen(os.open(name, READ, dir_fd=folder), "rb")
    except FileNotFoundError:
        return
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Problem(f"{name} is not a file any more.")
        file.seek(max(0, file.seek(0, os.SEEK_END) - int(limit)))
        sys.stdout.buffer.write(file.read(int(limit)))


def rotate(top: str, name: str, limit: str, keep: str) -> None:
    """Whoever writes it opens it by its name each time, so nothing is lost."""
    folder = enter(top)
    must_be_plain(folder, name)
    try:
        size = os.stat(name, dir_fd=folder, follow_symlinks=False).st_size
    except FileNotFoundError:
        return
    if size <= int(limit):
        return
    for number in range(int(keep) - 1, 0, -1):
        move(folder, f"{name}.{number}", f"{name}.{number + 1}")
    move(folder, name, f"{name}.1")


def move(folder: int, old: str, new: str) -> None:
    try:
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
    except FileNotFoundError:
        return
