"""What stands at a path of the site, and how much of the disk it takes."""

from __future__ import annotations

import os
import stat
import sys

from apps.host.tenant.paths import Problem, descend, enter


def is_file(top: str, relative: str) -> None:
    parent, _, name = relative.rpartition("/")
    try:
        found = os.stat(name, dir_fd=descend(top, parent), follow_symlinks=False)
    except FileNotFoundError:
        sys.stdout.write("no")
    else:
        sys.stdout.write("yes" if stat.S_ISREG(found.st_mode) else "other")


def is_folder(top: str, relative: str) -> None:
    try:
        os.close(descend(top, relative))
    except FileNotFoundError:
        sys.stdout.write("no")
    else:
        sys.stdout.write("yes")


def folder(top: str, relative: str, mode: str) -> None:
    descend(top, relative, make=int(mode, 8))


def size(*paths: str) -> None:
    """What cannot be entered, or lies too deep, is left out: whoever hides files cheats nobody but himself."""
    total = 0
    for path in paths:
        try:
            total += already_there(enter(path))[0]
        except (Problem, OSError, RecursionError):
            continue
    sys.stdout.write(f"{total}")


def already_there(target: int) -> tuple[int, int]:
    size = files = 0
    for _, below, names, inside in os.fwalk(".", dir_fd=target):
        entries = [os.stat(name, dir_fd=inside, follow_symlinks=False) for name in (*below, *names)]
        size += sum(entry.st_blocks * 512 for entry in entries)
        files += len(entries)
    return size, files
