"""Who listens on the machine's TCP ports, as the kernel tells it.

Asking the kernel sees every listener; a port that can be bound proves nothing where another one shares it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LISTEN = "0A"
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def listening() -> dict[int, set[str]]:
    """The ports that somebody listens on, each with the sockets' inode numbers."""
    found: dict[int, set[str]] = {}
    for table in TABLES:
        path = Path(table)
        for row in path.read_text().splitlines()[1:] if path.exists() else []:
            columns = row.split()
            if columns[3] == LISTEN:
                found.setdefault(int(columns[1].rpartition(":")[2], 16), set()).add(columns[9])
    return found


def pids(port: int) -> list[int]:
    """The processes that listen on *port*; those of other users only for root."""
    wanted = {f"socket:[{inode}]" for inode in listening().get(port, ())}
    processes = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return sorted(int(entry.name) for entry in processes if wanted & set(_files(entry)))


def holder(port: int) -> str | None:
    """Who listens on *port*, as in ``pid 123 (/usr/bin/nc)``; None when nobody does."""
    if port not in listening():
        return None
    held = [f"pid {pid} ({_program(pid)})" for pid in pids(port)]
    return ", ".join(held) or "a process of another user"


def _program(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return "a program that has just ended"


def _files(process: Path) -> Iterator[str]:
    """What the process has open; nothing when it has ended meanwhile or is not ours to look at."""
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                yield str(link.readlink())
