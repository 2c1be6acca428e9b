"""End every process of a Unix account. Through the kernel's handle (pidfd), so that no reused PID is hit."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from apps.host.errors import Refused, Unavailable


def end_all(uid: int, patience: float = 10.0) -> None:
    """Kill all processes of *uid*, and those that they start meanwhile. Unavailable when some do not die.

    They are all stopped before the first is killed: otherwise a program that forks could outrun us.
    """
    if uid in (0, os.geteuid()):
        raise Refused("The processes of root, or of the panel itself, are never ended like a site's.")
    until = monotonic() + patience
    while living := living_of(uid):
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in living:
                _send(pid, uid, number)
            living = living_of(uid) if number == signal.SIGSTOP else living
        if monotonic() > until:
            raise Unavailable(f"Processes of user {uid} do not end: {', '.join(map(str, living))}.")
        sleep(0.002)


def living_of(uid: int) -> list[int]:
    """The PIDs of *uid*'s processes; one that is dead and only waits for its parent is none."""
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _is_living(path, uid)]


def _is_living(process: Path, uid: int) -> bool:
    try:
        lines = (process / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return False
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return str(uid) in fields["Uid"].split() and fields["State"].split()[0] not in "ZX"


def _send(pid: int, uid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            if _is_living(Path(f"/proc/{pid}"), uid):  # again: only now is it sure to be the same process
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)
