"""Whether an archive has room on the panel's disk."""

from __future__ import annotations

from apps.host import room
from apps.operations.run import Run


def must_have_room(run: Run, needed: int) -> None:
    """Refused where *needed* bytes would not fit; counted as if nothing of them could be packed."""
    advice = "Remove old backups, or make room, and try again."
    room.must_have_room("The backups' disk", run.host.archives.free(), needed, advice)
