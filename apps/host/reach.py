"""Whether the machine's other users can come to a path: a site's programs run as a user of their own."""

from __future__ import annotations

import stat
from pathlib import Path


def enterable(folder: Path) -> bool:
    """Whether every user can walk through *folder*."""
    real = folder.resolve()
    return all(one.stat().st_mode & stat.S_IXOTH for one in (real, *real.parents))


def readable(file: Path) -> bool:
    """Whether every user can come to *file* and read it."""
    real = file.resolve()
    return enterable(real.parent) and bool(real.stat().st_mode & stat.S_IROTH)
