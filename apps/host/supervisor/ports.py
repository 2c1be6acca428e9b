"""Who listens on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from apps.host.supervisor.processes import arguments, descriptors, executable, processes

LISTENING = "0A"
UNSEEN = "a program that cannot be seen from here"


def port_holder(port: int) -> str | None:
    """``pid 123 (/usr/bin/nc)`` of a listener on any address of this machine; None when the port is free."""
    sockets = {f"socket:[{inode}]" for inode in _listeners(port)}
    if not sockets:
        return None
    pid = next((found.pid for found in processes() if _has_open(found.pid, sockets)), None)
    return UNSEEN if pid is None else f"pid {pid} ({_name(pid)})"


def _listeners(port: int) -> Iterator[str]:
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if table.exists():  # there is no tcp6 where IPv6 is switched off
            for line in table.read_text().splitlines()[1:]:
                _, local, _, state, *rest = line.split(maxsplit=10)
                if state == LISTENING and local.endswith(f":{port:04X}"):
                    yield rest[5]


def _has_open(pid: int, sockets: set[str]) -> bool:
    try:
        return any(_link(pid, number) in sockets for number in descriptors(pid))
    except PermissionError:
        return False  # another user's: the sentence says that somebody is there


def _link(pid: int, number: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/fd/{number}").readlink())
    except FileNotFoundError:
        return ""  # closed since it was listed


def _name(pid: int) -> str:
    return executable(pid) or next(iter(arguments(pid)), "unknown")
