"""Waiting until PHP answers in the very process that was started."""

from __future__ import annotations

from dataclasses import dataclass
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
YOUNG = 0.5
STARTED = "serving initial configuration"
TAKEN, NOT_TAKEN = "successfully reloaded config", "failed to reload config"
PHP_IS_UP, WITHOUT_PHP = "FrankenPHP started", "FrankenPHP is not running"


@dataclass(frozen=True)
class Change:
    """A start or a reload: how long the log was before, what it says when all of PHP is up, the seconds it may take."""

    log_offset: int
    is_up: tuple[str, ...]
    patience: float


def start_at(log_offset: int) -> Change:
    """Only when the very last of a start is said does the server heed a signal to reload."""
    return Change(log_offset, (STARTED,), PATIENCE)


def reload_at(log_offset: int) -> Change:
    """FrankenPHP says it first. Should a version of it not: Caddy says it when the visits of before have ended."""
    return Change(log_offset, (PHP_IS_UP, TAKEN), RELOAD_PATIENCE)


def wait_until_grown(found: Process) -> None:
    """The same for one that somebody else started, perhaps just now."""
    sleep(max(0.0, YOUNG - age(found)))


def answer_of(worker: Worker, found: Process, token: str) -> Answer | None:
    """What this very process answers; None when it ends, or does not answer for twenty seconds."""
    until = monotonic() + PATIENCE
    while monotonic() < until and is_there(found):
        if answer := _asked(worker, token):
            return answer
        sleep(0.01)
    return None


def answer_after(change: Change, worker: Worker, found: Process, token: str, config: str) -> Answer | None:
    """The same with *config* after a *change*, once the log says that PHP is up. None once it says: not taken.

    Who asks before is in the way: a request that comes while PHP starts may hang for ever, and then the worker's stop
    takes the whole grace period. Or PHP answers while a script of worker mode is still failing, and is ended then.
    A log that says nothing at all (its disk is full, say) is not waited for.
    """
    until, is_up = monotonic() + change.patience, False
    while monotonic() < until and is_there(found):
        said = written_since(worker.log, change.log_offset)
        if NOT_TAKEN in said:
            return None
        is_up = is_up or any(word in said for word in change.is_up)
        answer = _asked(worker, token, config) if is_up or not said else None
        if answer and (is_up or not written_since(worker.log, change.log_offset)):
            return answer
        sleep(0.01)
    return _asked(worker, token, config) if is_there(found) else None


def _asked(worker: Worker, token: str, config: str = "") -> Answer | None:
    """With a *config*, no answer with another configuration will do."""
    answer = ask(worker.port, address=listening.address_of(worker))
    wanted = Answer(str(worker.site_id), token, config or (answer.config if answer else ""))
    return answer if answer == wanted else None


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
