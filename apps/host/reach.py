"""Whether the machine's other users can come to a path: a site's programs run as a user of their own."""

from __future__ import annotations

import os
import stat
from pathlib import Path

STAFF = 50
"""Debian's group for ``/usr/local``: whoever is in it is as good as root."""


def enterable(folder: Path) -> bool:
    """Whether every user can walk through *folder*."""
    real = folder.resolve()
    return all(one.stat().st_mode & stat.S_IXOTH for one in (real, *real.parents))


def readable(file: Path) -> bool:
    """Whether every user can come to *file* and read it."""
    real = file.resolve()
    return enterable(real.parent) and bool(real.stat().st_mode & stat.S_IROTH)


def startable(program: Path) -> bool:
    """Whether every user can come to *program* and start it."""
    real = program.resolve()
    return enterable(real.parent) and bool(real.stat().st_mode & stat.S_IXOTH)


def changeable(file: Path) -> Path | None:
    """What of *file*, the folders above it and a link's target others than root and the caller could put in its place.

    In a folder with the sticky bit only an entry's owner can replace it.
    """
    real = file.resolve()
    ways = dict.fromkeys((real, *real.parents, *file.parents))
    return next((way for way in ways if _is_open(way)), None)


def _is_open(way: Path) -> bool:
    found = way.stat()
    ours = (0, os.geteuid()), (0, os.getegid(), STAFF)
    everybodys = found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and found.st_gid not in ours[1])
    shared = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    return found.st_uid not in ours[0] or bool(everybodys and not shared)
