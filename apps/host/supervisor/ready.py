"""Waiting until PHP answers in the very process that was started."""

from __future__ import annotations

from time import monotonic, sleep

from apps.host.command import run
from apps.host.errors import CommandFailed, Refused
from apps.host.supervisor import Worker, listening
from apps.host.supervisor.ask import Answer, ask, mark
from apps.host.supervisor.logs import complaint, written_since
from apps.host.supervisor.processes import Process, age, process

PATIENCE = 20.0
RELOAD_PATIENCE = 45.0
"""FrankenPHP lets running requests end, for at most thirty seconds, before the new configuration answers."""
QUIET_START = 1.0
YOUNG = 0.5
STARTED = "serving initial configuration"
TAKEN, NOT_TAKEN = "successfully reloaded config", "failed to reload config"
WITHOUT_PHP = "FrankenPHP is not running"


def wait_until_up(worker: Worker, found: Process, log_offset: int) -> None:
    """Wait for the process to say that all of it is started, for a second at most, before it is asked anything.

    A request that comes between the opening of the port and the start of PHP hangs for ever (seen in 7 of 40
    starts, and in 0 of 150 with this), and then the worker's stop takes the whole grace period.
    The log is only a hint here: who does not say it is asked after that second.
    """
    until = monotonic() + QUIET_START
    while monotonic() < until and is_there(found) and STARTED not in written_since(worker.log, log_offset):
        sleep(0.004)


def wait_until_grown(found: Process) -> None:
    """The same for one that somebody else started, perhaps just now."""
    sleep(max(0.0, YOUNG - age(found)))


def answer_of(
    worker: Worker, found: Process, token: str, config: str = "", patience: float = 0, reload: int | None = None
) -> Answer | None:
    """What this very process answers; None when it ends, or does not answer for *patience* seconds (else twenty).

    With a *config*, no answer with another configuration will do. *reload*: how long the log was when it was told to
    take one; once it says there that it could not, nothing is waited for any more.
    """
    until = monotonic() + (patience or PATIENCE)
    while monotonic() < until and is_there(found):
        answer = ask(worker.port, address=listening.address_of(worker))
        if answer == Answer(str(worker.site_id), token, config or (answer.config if answer else "")):
            return answer
        if reload is not None and NOT_TAKEN in written_since(worker.log, reload):
            return None
        sleep(0.01)
    return None


def wait_until_taken(worker: Worker, found: Process, log_offset: int, patience: float) -> None:
    """Wait until a reload has ended, with all that the worker was answering before it."""
    until = monotonic() + patience
    while monotonic() < until and is_there(found):
        said = written_since(worker.log, log_offset)
        if TAKEN in said or NOT_TAKEN in said:
            return
        sleep(0.01)


def is_there(found: Process) -> bool:
    now = process(found.pid)
    return now is not None and now.started == found.started


def wanted_config(worker: Worker) -> str:
    """The mark of the configuration as it stands now. Refused when there is none."""
    try:
        return mark(worker.config)
    except (FileNotFoundError, ValueError) as error:
        raise Refused(f"The configuration {worker.config} is missing or damaged; write it again.") from error


def why_not(worker: Worker, log_offset: int, found: Process | None) -> Refused:
    """The sentence for a worker that did not come up. Called while it still runs, if it does."""
    alive = found is not None and is_there(found)
    if not alive and not _is_usable(worker, "-x", worker.binary):
        return Refused(
            f"FrankenPHP ({worker.binary}) is missing, or the user {worker.identity.name} may not run it;"
            " install it where every user can reach it, or correct FRANKENPHP_BIN."
        )
    if not alive and not _is_usable(worker, "-r", worker.config):
        return Refused(f"The user {worker.identity.name} may not read {worker.config}; correct its mode and folder.")
    what = f"does not answer through PHP within {PATIENCE:g} seconds" if alive else "ended while starting"
    return Refused(f"The worker of {worker.slug} {what}. {complaint(worker.log, log_offset)}")


def _is_usable(worker: Worker, how: str, path: object) -> bool:
    try:
        run(["test", how, str(path)], identity=worker.identity)
    except CommandFailed:
        return False
    return True
