"""The system's lock files for ``/etc/passwd`` and its kin, as far as a crash can leave them behind."""

from __future__ import annotations

import os
from pathlib import Path
from time import time

LOCKS = tuple(Path("/etc") / f"{name}.lock" for name in ("passwd", "shadow", "group", "gshadow"))
DEAD = frozenset("ZX")


def clear_stale(locks: tuple[Path, ...] = LOCKS) -> None:
    """Remove the locks whose owner is certainly gone: useradd would respect them for ever.

    useradd itself takes away a lock whose PID is free. Here it is also one whose process is dead but has not
    been waited for, one whose PID now belongs to a younger process, and one from before the machine was started.
    A lock begins as a file with the PID for its suffix, first empty; one that a dead process left goes as well.
    """
    for lock in locks:
        for begun in lock.parent.glob(f"{lock.stem}.[1-9]*"):
            if _is_left_over(begun):
                begun.unlink(missing_ok=True)
        if _is_stale(lock, _pid(lock)):
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


def _is_left_over(begun: Path) -> bool:
    pid = begun.suffix[1:]
    if not pid.isdigit() or _text(begun) not in ("", pid):
        return False
    return not _process(int(pid))[0] or _is_stale(begun, int(pid))


def _is_stale(lock: Path, pid: int | None) -> bool:
    try:
        made = lock.stat().st_mtime
    except FileNotFoundError:
        return False
    state, begun = _process(pid)
    return made < _boot() or state in DEAD or made < begun - 2


def _pid(lock: Path) -> int | None:
    text = _text(lock)
    return int(text) if text.isdigit() else None


def _text(lock: Path) -> str:
    try:
        return lock.read_text().strip(" \n\0")
    except FileNotFoundError:
        return ""


def _process(pid: int | None) -> tuple[str, float]:
    """The state of a process and when it was started, in seconds since 1970; ("", 0) if there is none."""
    if pid is None:
        return "", 0.0
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "", 0.0
    return fields[0], _boot() + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _boot() -> float:
    return time() - float(Path("/proc/uptime").read_text().split()[0])
