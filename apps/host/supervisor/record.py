"""The PID file: which process was started, told so exactly that another one cannot be taken for it.

It only says where to look first; what it names is believed when the lock agrees.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from apps.host.crash import CrashPoint
from apps.host.folders import spoken
from apps.host.supervisor.processes import Process, boot_id

HALF_WRITTEN = CrashPoint("supervisor.pid-file-half-written")


@dataclass(frozen=True)
class Record:
    """*token* is what the worker of this very start answers with."""

    pid: int
    started: int
    boot: str
    token: str

    def names(self, found: Process) -> bool:
        return (self.pid, self.started, self.boot) == (found.pid, found.started, boot_id())


def write(path: Path, found: Process, token: str) -> None:
    """Worker Start 4: the number alone on the first line, as everybody expects it. Refused when it cannot be."""
    half = _half(path)
    with spoken(path):
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{found.pid}\n{found.started}\n{boot_id()}\n{token}\n")
            file.flush()
            os.fsync(descriptor)
        HALF_WRITTEN()
        half.rename(path)


def read(path: Path) -> Record | None:
    """What it says; None when it is not there or makes no sense."""
    try:
        pid, started, boot, token = path.read_text(errors="replace").split()
        return Record(int(pid), int(started), boot, token)
    except (FileNotFoundError, ValueError):
        return None


def remove(path: Path) -> None:
    """Worker Stop 6. Not being there is no error."""
    _half(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _half(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")
