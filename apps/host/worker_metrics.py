"""What a worker counts, and what it takes of the machine: over its metrics socket, and from the kernel.

The socket lies in the site's own folder, so its user may have put anything there, or answer anything: it is opened
without following a link, it must be a socket of that user's, and what comes is read for half a second at most.
"""

from __future__ import annotations

import os
import re
import socket
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic

from apps.host.memory import memory_of
from apps.host.supervisor import record
from apps.host.supervisor.processes import Process, process, since

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, float("inf"))
"""Seconds: a request is counted in the first of these that it did not take longer than."""
LINE = re.compile(r'^caddy_http_request_duration_seconds_bucket\{([^}]*)\} (\d{1,15})$', re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')
REQUEST = b"GET /metrics HTTP/1.0\r\nHost: worker\r\n\r\n"
PATIENCE = 0.5
LIMIT = 1 << 20
PATH = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
BROKEN = 500


@dataclass(frozen=True)
class Reading:
    """Since the process started: *buckets* (see BOUNDS), *errors* (answers of 500 and above), *cpu* in milliseconds.

    *memory* in bytes, shared memory divided among its users. *started* is the kernel's time of this very process.
    """

    started: int
    since: datetime
    buckets: tuple[int, ...]
    errors: int
    cpu: int
    memory: int


def read(metrics: Path, pid_file: Path, uid: int) -> Reading | None:
    """None where it does not run, or does not tell."""
    said = record.read(pid_file)
    found = process(said.pid) if said else None
    if said is None or found is None or not said.names(found):
        return None
    text = _ask(metrics, uid)
    if text is None:
        return None
    buckets, errors = counted(text)
    return Reading(found.started, since(found), buckets, errors, _cpu(found), memory_of(found.pid))


def counted(text: str) -> tuple[tuple[int, ...], int]:
    """Of Prometheus' text: how many requests took how long, and how many of them failed."""
    up_to, errors = [0] * len(BOUNDS), 0
    for labels, number in LINE.findall(text):
        found = dict(LABEL.findall(labels))
        bound, code = found.get("le", ""), found.get("code", "")
        if found.get("server") != "site" or _bound(bound) not in BOUNDS:
            continue
        up_to[BOUNDS.index(_bound(bound))] += int(number)
        if bound == "+Inf" and code.isdigit() and int(code) >= BROKEN:
            errors += int(number)
    pairs = zip(up_to, [0, *up_to[:-1]], strict=True)
    return tuple(max(0, upper - lower) for upper, lower in pairs), errors


def _bound(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0


def _ask(path: Path, uid: int) -> str | None:
    try:
        opened = os.open(path, PATH)
    except OSError:
        return None
    try:
        found = os.fstat(opened)
        if not stat.S_ISSOCK(found.st_mode) or found.st_uid != uid:
            return None
        return _exchange(f"/proc/self/fd/{opened}")
    except OSError:
        return None  # nobody there, or no answer in time
    finally:
        os.close(opened)


def _exchange(address: str) -> str:
    until, received = monotonic() + PATIENCE, bytearray()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(address)
        connection.sendall(REQUEST)
        while len(received) < LIMIT:
            connection.settimeout(max(until - monotonic(), 0.001))
            part = connection.recv(65536)
            if not part:
                break
            received += part
    return received.decode(errors="replace")


def _cpu(found: Process) -> int:
    """Milliseconds, with those of its children that have ended."""
    text = Path(f"/proc/{found.pid}/stat").read_bytes()
    ticks = sum(int(field) for field in text[text.rindex(b")") + 2 :].split()[11:15])
    return ticks * 1000 // os.sysconf("SC_CLK_TCK")
