"""Which processes are a site's own. Nothing else is ever signalled, whatever the PID file says."""

from __future__ import annotations

import os
from pathlib import Path

from apps.host.command import Identity
from apps.host.supervisor import Worker, lock, record
from apps.host.supervisor.processes import Process, arguments, environment, process, processes, uids

RUN = ("run", "--config")
"""What stands between a server's program and its configuration."""


def server(worker: Worker, first: int = 0) -> Process | None:
    """The worker's FrankenPHP: the one in the PID file if that is right, else found by its lock.

    *first*: where its number is expected, when it was started a moment ago.
    """
    said = record.read(worker.pid_file)
    found = said and process(said.pid)
    if said and found and said.names(found) and is_server(worker, found):
        return found
    if not lock.is_held(worker.lock_file):
        return None
    return next((one for one in processes(first) if is_server(worker, one)), None)


def is_server(worker: Worker, found: Process) -> bool:
    """Whether it runs this site's configuration and holds this site's lock.

    Root in a container may not be allowed to see another user's open files; then it must be the site's user.
    """
    if arguments(found.pid)[-3:] != [*RUN, str(worker.config)]:
        return False
    inherited = lock.has_inherited(found.pid, worker.lock_file)
    return worker.identity.uid in uids(found.pid) if inherited is None else inherited


def binary(found: Process) -> Path | None:
    """The program that a server was started as; None when it has ended."""
    words = arguments(found.pid)
    return Path(words[-4]) if len(words) > len(RUN) + 1 else None


def token(worker: Worker, found: Process) -> str | None:
    """What the probe of this process answers with; None when that is not to be found out."""
    said = record.read(worker.pid_file)
    if said is not None and said.names(found):
        return said.token
    return environment(found.pid, "SITE_INSTANCE")


def leftovers(worker: Worker) -> set[Process]:
    """All that the worker has left running: by the lock that it still holds, and by the site's user.

    What the panel itself runs as the site's user (a backup, say) is none of them.
    """
    held = lock.is_held(worker.lock_file)
    others = (one for one in processes() if one.pid != os.getpid())
    return {
        one
        for one in others
        if (held and lock.has_inherited(one.pid, worker.lock_file)) or _is_of_the_site(worker, one)
    }


def has_own_user(worker: Worker) -> bool:
    return is_own_user(worker.identity)


def is_own_user(identity: Identity) -> bool:
    return identity.uid not in (0, os.geteuid())


def _is_of_the_site(worker: Worker, one: Process) -> bool:
    if not has_own_user(worker) or worker.identity.uid not in uids(one.pid):
        return False
    return not _is_the_panels(worker, one)


def _is_the_panels(worker: Worker, one: Process) -> bool:
    """Whether the panel runs it and waits for it: then its nearest ancestor that is not the site's is a runner.

    The runner shares its session with it; an orphan's new parent does not, and no tenant can enter a session.
    """
    parent = process(one.parent)
    while parent is not None and worker.identity.uid in uids(parent.pid):
        parent = process(parent.parent)
    return parent is not None and parent.pid != 1 and parent.session == one.session
