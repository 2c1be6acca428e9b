"""The system's lock files for ``/etc/passwd`` and its kin, as far as a crash can leave them behind."""

from __future__ import annotations

import os
from pathlib import Path
from time import time

LOCKS = tuple(Path("/etc") / f"{name}.lock" for name in ("passwd", "shadow", "group", "gshadow"))


def clear_stale(locks: tuple[Path, ...] = LOCKS) -> None:
    """Remove the locks whose owner is certainly gone: useradd would respect them for ever.

    useradd itself takes away a lock whose PID is free. Here it is also one whose PID now belongs to a process
    that is younger than the lock, and one from before the machine was started.
    """
    for lock in locks:
        if _is_stale(lock):
            lock.unlink(missing_ok=True)


def holders(locks: tuple[Path, ...] = LOCKS) -> str:
    """The locks that are there, for a sentence: "/etc/passwd.lock (pid 12, useradd)"."""
    return ", ".join(f"{lock} ({_holder(lock)})" for lock in locks if lock.exists())


def _holder(lock: Path) -> str:
    pid = _pid(lock)
    if pid is None:
        return "of nobody"
    try:
        return f"pid {pid}, {Path(f'/proc/{pid}/comm').read_text().strip()}"
    except OSError:
        return f"pid {pid}, which has ended"


def _is_stale(lock: Path) -> bool:
    try:
        made = lock.stat().st_mtime
    except FileNotFoundError:
        return False
    begun = _begun(_pid(lock))
    return made < _boot() or (begun is not None and made < begun - 2)


def _pid(lock: Path) -> int | None:
    try:
        text = lock.read_text().strip(" \n\0")
    except FileNotFoundError:
        return None
    return int(text) if text.isdigit() else None


def _begun(pid: int | None) -> float | None:
    """When the process was started, in seconds since 1970; None if there is none."""
    if pid is None:
        return None
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return _boot() + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _boot() -> float:
    return time() - float(Path("/proc/uptime").read_text().split()[0])
