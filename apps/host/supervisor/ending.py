"""Ending processes: the server with time to finish its requests, what it left running without."""

from __future__ import annotations

import signal
from time import monotonic, sleep

from apps.host.errors import Unavailable
from apps.host.supervisor import Worker, lock
from apps.host.supervisor.find import leftovers
from apps.host.supervisor.processes import Process, ends_within, handle, send, signal_process

KILL_TAKES = 5.0


def end(worker: Worker, server: Process) -> None:
    """Worker Stop 2 to 5: TERM, wait until it is gone, at most the grace period, then KILL."""
    with handle(server) as descriptor:
        if descriptor is None:
            return
        send(descriptor, signal.SIGTERM)
        if ends_within(descriptor, worker.grace):
            return
        send(descriptor, signal.SIGKILL)
        if not ends_within(descriptor, KILL_TAKES):
            raise Unavailable(f"Process {server.pid} of {worker.slug} does not end, though killed: a disk may hang.")


def sweep(worker: Worker) -> None:
    """Kill all that the worker left running, and wait until the lock is free.

    They are all stopped before any is killed, so that none can start another one meanwhile.
    """
    frozen: set[Process] = set()
    until = monotonic() + KILL_TAKES
    while monotonic() < until:
        found = leftovers(worker)
        if not found and not lock.is_held(worker.lock_file):
            return
        number = signal.SIGSTOP if found - frozen else signal.SIGKILL
        for one in found - frozen or found:
            signal_process(one, number)
        frozen |= found
        sleep(0.001 if number is signal.SIGSTOP else 0.01)
    raise Unavailable(_still_there(worker))


def _still_there(worker: Worker) -> str:
    pids = ", ".join(str(one.pid) for one in leftovers(worker))
    if pids:
        return f"Processes of {worker.slug} do not end: {pids}."
    return f"A program that is not the worker's holds {worker.lock_file}; end it and try again."
