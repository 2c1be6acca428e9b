"""Whether an archive has room on the panel's disk, which must never become full."""

from __future__ import annotations

from apps.host.errors import Refused
from apps.operations.run import Run

FREE = 256 << 20
"""Bytes that stay free."""


def must_have_room(run: Run, needed: int) -> None:
    """Refused where *needed* bytes would not fit; counted as if nothing of them could be packed."""
    free = run.host.archives.free() - FREE
    if free < needed:
        raise Refused(
            f"The disk is too full for this backup: {needed} bytes may be needed, and {max(0, free)} are free beside"
            f" {FREE} that stay so. Remove old backups, or make room, and try again."
        )
