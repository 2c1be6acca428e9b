"""End every process of a site's user, so that nothing of it is left when the user goes."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from apps.host.as_tenant import as_tenant
from apps.host.command import Identity
from apps.host.errors import Refused, Unavailable


def end_all(owner: Identity, patience: float = 10.0) -> None:
    """Kill all processes of *owner*, and those that they start meanwhile. Unavailable when some do not die.

    First the user itself kills all that it may, in one call of the kernel: a program that always forks and leaves
    is in no list of processes. Then what is left, one by one through its handle (pidfd), so that no reused PID is hit.
    """
    if owner.uid in (0, os.geteuid()):
        raise Refused("The processes of root, or of the panel itself, are never ended like a site's.")
    until = monotonic() + patience
    _end_at_once(owner, until)
    while living := living_of(owner.uid):
        if monotonic() > until:
            raise Unavailable(f"Processes of {owner.name} do not end: {', '.join(map(str, living))}.")
        for pid in living:
            _kill(pid, owner.uid)
        sleep(0.002)


def _end_at_once(owner: Identity, until: float) -> None:
    """Again if it was itself ended so: another runner may have been at it when it was killed."""
    while True:
        try:
            as_tenant(owner, "end")
            return
        except Unavailable:
            if monotonic() > until:
                raise
        sleep(0.01)


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


def _kill(pid: int, uid: int) -> None:
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            if _is_living(Path(f"/proc/{pid}"), uid):  # again: only now is it sure to be the same process
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        finally:
            os.close(handle)
