"""The logs that are a site's own: read and rotated as its user, in the folder where all is that user's (row 52)."""

from __future__ import annotations

import os
from pathlib import Path

from apps.host.as_tenant import as_tenant
from apps.host.command import Identity

ROTATED = ("php-error.log",)
"""PHP opens it by its name for each message. The access log is the worker's, which rolls it itself."""


def tail_as(owner: Identity, folder: Path, name: str, limit: int) -> bytes:
    """The last *limit* bytes of a log: the site's word. Empty where there is none yet; Refused where it is a link."""
    return as_tenant(owner, "tail", folder, name, limit)


def rotate_as(owner: Identity, folder: Path, limit: int, keep: int) -> None:
    """Move logs of more than *limit* bytes aside, and keep the *keep* newest of them."""
    for name in ROTATED:
        as_tenant(owner, "rotate", folder, name, limit, keep)


def have_grown(folder: Path, limit: int) -> bool:
    """Whether there is one to be rotated."""
    return any(has_grown(folder / name, limit) for name in ROTATED)


def has_grown(log: Path, limit: int) -> bool:
    """Whether a log has more than *limit* bytes. Its entry alone is looked at, and never through a link."""
    try:
        return os.lstat(log).st_size > limit
    except OSError:
        return False  # there is none yet, or none any more
