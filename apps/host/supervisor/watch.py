"""Whether a worker has died, told so cheaply that a thousand may be asked every few seconds."""

from __future__ import annotations

from pathlib import Path

from apps.host.supervisor import lock, record
from apps.host.supervisor.processes import process


def has_died(lock_file: Path, pid_file: Path) -> bool:
    """Whether nobody holds its lock; or its own process is gone, and only what it has started holds it still.

    Looks at these two files and at one process, never at all of them.
    """
    if not lock.is_held(lock_file):
        return True
    said = record.read(pid_file)
    if said is None:
        return False  # being started, or started by somebody who was killed: it is found by its lock
    found = process(said.pid)
    return found is None or not said.names(found)
