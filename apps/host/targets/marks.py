"""By what a folder is known again: a file in it that the empty one below the mount has not."""

from __future__ import annotations

import os
from collections.abc import Sequence

FILE = ".frankenpanel-place"
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
LONGEST = 1 << 16


def marks_in(folder: int) -> list[str]:
    """One for each place that is in this folder. None where there is no such file."""
    try:
        file = os.open(FILE, READ, dir_fd=folder)
    except FileNotFoundError:
        return []
    with os.fdopen(file, "rb") as content:
        return content.read(LONGEST).decode(errors="replace").split()


def write_marks(folder: int, marks: Sequence[str]) -> None:
    """These and no others; with none of them the file goes."""
    if marks:
        half = f"{FILE}.new"
        with os.fdopen(os.open(half, NEW, 0o600, dir_fd=folder), "w") as file:
            file.writelines(f"{mark}\n" for mark in marks)
            file.flush()
            os.fsync(file.fileno())
        os.rename(half, FILE, src_dir_fd=folder, dst_dir_fd=folder)
    elif marks_in(folder):
        os.unlink(FILE, dir_fd=folder)
    os.fsync(folder)
