"""A FrankenPHP that nobody can visit but the panel: on a Unix socket, for as long as somebody looks at its pages.

It dies with whoever looks (``command.py``), holds no lock, has no port, and is nobody's worker.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from apps.host.command import Identity, start
from apps.host.errors import Refused
from apps.host.local_http import Page, ask_socket
from apps.host.supervisor.launch import limits
from apps.host.supervisor.logs import complaint, written_since
from apps.host.supervisor.ready import STARTED

PATIENCE = 20.0
GRACE = 5.0
LOG = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Trial:
    """What runs, *config*, as whom, and where it listens and writes what it has to say."""

    binary: Path
    config: Path
    identity: Identity
    socket: Path
    log: Path


@contextmanager
def running(trial: Trial) -> Iterator[None]:
    """Start it, and end it whatever happens. Refused, with the last lines of its log, when it does not come up."""
    log = os.open(trial.log, LOG, 0o640)
    begun = os.fstat(log).st_size  # one that was killed here before has said its own there
    try:
        argv: list[str | Path] = [*limits(trial.identity), trial.binary, "run", "--config", trial.config]
        program = start(argv, identity=trial.identity, stdout=log, stderr=log)
    finally:
        os.close(log)
    try:
        _wait_until_up(trial, program, begun)
        yield
    finally:
        _end(program)


def page(trial: Trial, host: str, path: str) -> Page:
    """What it answers to a request for ``https://host/path``. Unavailable when it does not."""
    return ask_socket(trial.socket, host, PATIENCE, path)


def _wait_until_up(trial: Trial, program: subprocess.Popen[bytes], begun: int) -> None:
    """Until it says so: a request that comes before PHP is ready hangs for ever."""
    until = monotonic() + PATIENCE
    while STARTED not in written_since(trial.log, begun):
        if program.poll() is not None or monotonic() > until:
            raise Refused(f"FrankenPHP does not come up with what was restored. {complaint(trial.log, begun)}")
        sleep(0.01)


def _end(program: subprocess.Popen[bytes]) -> None:
    program.send_signal(signal.SIGTERM)
    try:
        program.wait(GRACE)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
