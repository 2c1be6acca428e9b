"""What the kernel tells about processes, and signals that reach the one that was meant.

A number is reused, so a process is its number with the time it started. One that has ended but was not yet waited
for (a zombie) counts as gone. Everything here may be asked about a process that ends meanwhile.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from time import CLOCK_BOOTTIME, clock_gettime

GONE = (FileNotFoundError, ProcessLookupError)
LONGEST = 1 << 18


@dataclass(frozen=True)
class Process:
    """*started* is in clock ticks since the machine's start."""

    pid: int
    parent: int
    session: int
    started: int


def process(pid: int) -> Process | None:
    """The process with this number; None when there is none, or only what is left of one."""
    try:
        text = _read(pid, "stat")
    except GONE:
        return None
    # the name stands in brackets and may hold brackets and blanks itself; the state, field 3, follows it
    state, parent, _, session, *rest = text[text.rindex(b")") + 2 :].split()
    if state in (b"Z", b"X"):
        return None
    return Process(pid, int(parent), int(session), int(rest[15]))


def processes(first: int = 0) -> Iterator[Process]:
    """All of them; where a new one is looked for, those from number *first* on come first."""
    pids = map(int, filter(str.isdigit, os.listdir("/proc")))
    for pid in sorted(pids, key=lambda pid: (pid < first, pid)):
        found = process(pid)
        if found is not None:
            yield found


def uids(pid: int) -> set[int]:
    """Every user that the process is, was or may become: real, effective, saved, for files."""
    try:
        lines = _read(pid, "status").splitlines()
    except GONE:
        return set()
    return {int(uid) for line in lines if line.startswith(b"Uid:") for uid in line.split()[1:]}


def arguments(pid: int) -> list[str]:
    try:
        return os.fsdecode(_read(pid, "cmdline")).split("\0")[:-1]
    except GONE:
        return []


def environment(pid: int, name: str) -> str | None:
    """A value that the process was started with; None also where we may not look."""
    try:
        entries = os.fsdecode(_read(pid, "environ")).split("\0")
    except (*GONE, PermissionError):
        return None
    return next((entry.partition("=")[2] for entry in entries if entry.startswith(f"{name}=")), None)


def _read(pid: int, name: str) -> bytes:
    """Whole, in one call: the kernel makes the text while it is read. A thousand processes are asked at a time."""
    descriptor = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, LONGEST)
    finally:
        os.close(descriptor)


def executable(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return None  # gone, or not for us to see: the caller has a word for it


def descriptors(pid: int) -> list[str]:
    """The numbers of its open files. PermissionError for another user's, where we lack the privilege."""
    try:
        return os.listdir(f"/proc/{pid}/fd")
    except GONE:
        return []


@cache
def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def since(found: Process) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=age(found))


def age(found: Process) -> float:
    """Seconds since it started; the clock counts on while the machine sleeps."""
    return clock_gettime(CLOCK_BOOTTIME) - found.started / os.sysconf("SC_CLK_TCK")


@contextmanager
def handle(meant: Process) -> Iterator[int | None]:
    """A descriptor that stands for this process alone; None when it is gone, whoever has its number now."""
    try:
        descriptor = os.pidfd_open(meant.pid)
    except ProcessLookupError:
        yield None
        return
    try:
        now = process(meant.pid)
        yield descriptor if now is not None and now.started == meant.started else None
    finally:
        os.close(descriptor)


def send(descriptor: int, number: signal.Signals) -> None:
    """Signal what *descriptor* stands for. One that has ended is no error."""
    try:
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return


def signal_process(meant: Process, number: signal.Signals) -> None:
    with handle(meant) as descriptor:
        if descriptor is not None:
            send(descriptor, number)


def ends_within(descriptor: int, seconds: float) -> bool:
    """Wait until the process has ended; False when it is still there after *seconds*."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
