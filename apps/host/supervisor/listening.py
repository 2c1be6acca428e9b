"""On which address a worker listens: a file that its configuration names says so. Its port opens last and shuts first.

FrankenPHP starts its server and its PHP in no certain order, and ends them in none. Who came before PHP was there
waited for half a minute, and who came after it had gone got a 503: each in one of six restarts under load. While the
port is shut the front is refused, and tries again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.host.folders import spoken
from apps.host.supervisor import Worker

NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
OPEN, SHUT = "127.0.0.1", "127.0.0.2"
"""Where the front looks for it; and where nobody but the panel does, on the same port."""


def shut(worker: Worker) -> None:
    """Nobody reaches it any more from its next start or reload on."""
    _write(worker.listen, SHUT)


def open_up(worker: Worker) -> None:
    """Everybody reaches it from its next reload on."""
    _write(worker.listen, OPEN)


def is_shut(worker: Worker) -> bool:
    """Whether it was shut last. A worker that an older panel started has no such file, and an open port."""
    return worker.listen.exists() and worker.listen.read_text() == SHUT


def address_of(worker: Worker) -> str:
    """Where it is to be asked."""
    return SHUT if is_shut(worker) else OPEN


@contextmanager
def to_nobody(worker: Worker) -> Iterator[None]:
    """Its configuration has no server meanwhile. Nor has it PHP: what runs of that is left alone until all is answered.

    Told to start PHP anew, an application in memory would forget whoever waits for it. A crash leaves the file so:
    the next start or drain makes it whole.
    """
    make_whole(worker)
    whole = worker.config.read_text()
    emptied = _emptied(whole)
    _write(_whole(worker), whole)
    _write(worker.config, emptied)
    try:
        yield
    finally:
        make_whole(worker)


def make_whole(worker: Worker) -> None:
    """Give back what a drain has emptied. A configuration that was written since then stays."""
    kept = _whole(worker)
    if not kept.exists():
        return
    if worker.config.exists() and worker.config.read_text() == _emptied(kept.read_text()):
        kept.rename(worker.config)
    else:
        kept.unlink()


def _whole(worker: Worker) -> Path:
    return worker.config.with_name(f"{worker.config.name}.whole")


def _emptied(whole: str) -> str:
    return json.dumps({**json.loads(whole), "apps": {"http": {"servers": {}}}})


def _write(path: Path, text: str) -> None:
    half = path.with_name(f"{path.name}.new")
    with spoken(path):
        with os.fdopen(os.open(half, NEW, 0o644), "w") as file:
            file.write(text)
        half.rename(path)
