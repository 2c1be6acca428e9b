"""A site's worker as a process: started, stopped, reloaded, looked at. One interface, whatever watches over it.

``pidfile`` is the backend for a machine without systemd.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from apps.host.command import Identity


@dataclass(frozen=True)
class Worker:
    """All that is needed to run one site's FrankenPHP. *config* is absolute; *grace* is in seconds.

    *config* names the file *listen*, which says on which address it listens: see ``listening``.
    """

    site_id: int
    slug: str
    port: int
    identity: Identity
    binary: Path
    config: Path
    listen: Path
    log: Path
    pid_file: Path
    lock_file: Path
    grace: float


@dataclass(frozen=True)
class Status:
    """*memory_pss* is in bytes, shared memory divided among its users; None where the system does not tell."""

    running: bool
    pid: int | None = None
    since: datetime | None = None
    memory_pss: int | None = None


class Supervisor(Protocol):
    def start(self, worker: Worker) -> None:
        """Worker Start 1 to 4. Returns when PHP answers in this very process; a running one is no error.

        Refused with the last lines of its log when it ends or never answers, and with the holder's name when
        somebody else has its port. Unavailable when another start is under way.
        """

    def drain(self, worker: Worker) -> None:
        """Shut the port of a worker that is about to be stopped, and let what it is answering end.

        Who comes from then on is refused, and may try again until the next start. One that does not run, or does not
        answer, is left as it is.
        """

    def stop(self, worker: Worker) -> None:
        """Worker Stop 1 to 6, with all that it started. One that does not run is no error."""

    def reload(self, worker: Worker) -> None:
        """Let the running worker take its changed configuration, without losing a request.

        Refused when it does not run, or keeps the old one because the new one is wrong.
        """

    def switch(self, worker: Worker) -> None:
        """Let the worker run on its *binary*: one that runs on another is stopped, and started on this one.

        Returns and raises as ``start`` does; one that runs on it already takes its configuration as it is now.
        """

    def status(self, worker: Worker) -> Status: ...

    def has_died(self, lock_file: Path, pid_file: Path) -> bool:
        """Whether the worker of these files has ended without a stop; cheap enough for a thousand of them."""

    def logs(self, worker: Worker, lines: int) -> list[str]:
        """The last lines of its log, oldest first. A site that never ran has none."""

    def port_holder(self, port: int) -> str | None:
        """Who listens on the port, as ``pid 123 (/usr/bin/nc)``; None when it is free."""
