"""Carry an operation one step further: forward, or, once something refused, back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError

from apps.host.errors import Refused, Unavailable
from apps.operations import ending, patience
from apps.operations.claim import take
from apps.operations.crash import AFTER_ACT, AFTER_LINE, AFTER_UNDO, BEFORE_LINE, BEFORE_UNDO
from apps.operations.flow import FLOWS, Flow, Line
from apps.operations.journal import Journal
from apps.operations.models import Operation, StepRun
from apps.operations.outcome import Again, Cancelled, LostClaim
from apps.operations.run import Run

if TYPE_CHECKING:
    from apps.host.host import Host

logger = logging.getLogger(__name__)
FAULT = "The panel has a fault in this step. What was done is taken back; the runner's log tells more: operation {}."
DATABASE_AWAY = (OperationalError, InterfaceError)
"""The panel's own database is away: nothing can be journaled, so nothing is decided. The sweeper comes back."""


def advance(pk: int, host: Callable[[], Host]) -> str:
    """Carry out one step of operation *pk* and say what became of it, for the task's result.

    Returns at once, with nothing done, when the operation is not due or another runner is at it.
    """
    with take(pk) as journal:
        if journal is None:
            return "nothing due"
        try:
            if journal.operation.status == Operation.Status.UNDOING:
                return _back(journal, host)
            return _forward(journal, host)
        except LostClaim:
            logger.warning("operation %s was taken over by another runner", pk)
            return "taken over"


def _forward(journal: Journal, host: Callable[[], Host]) -> str:
    flow = FLOWS[journal.operation.flow]
    begun = dict(journal.operation.lines.values_list("key", "status"))
    if journal.operation.cancel_asked and not flow.past_return(set(begun)):
        return _turn_back(journal, "Cancelled.")
    line = next((it for it in flow.lines if begun.get(it.key) != StepRun.Status.DONE), None)
    if line is None:
        return ending.finish(journal, flow, Run(journal.operation, host))
    row = journal.find(line.key) if line.key in begun else None
    return _attempt(journal, flow, line, row, host)


def _attempt(journal: Journal, flow: Flow, line: Line, row: StepRun | None, host: Callable[[], Host]) -> str:
    """Run one step, and write how it went."""
    if journal.operation.status != Operation.Status.RUNNING:
        journal.set(status=Operation.Status.RUNNING)
    try:
        row = _act(journal, line, row, host)
    except Again as again:
        return _come_back(journal, line, again.seconds, again.reason)
    except (Cancelled, Refused) as refusal:
        return _turn_back(journal, str(refusal), line.key)
    except Unavailable as trouble:
        return _wait(journal, flow, line, str(trouble))
    except (LostClaim, *DATABASE_AWAY):
        raise
    except Exception:
        logger.exception("operation %s: step %s has a fault", journal.operation.pk, line.key)
        _turn_back(journal, FAULT.format(journal.operation.pk), line.key)
        raise
    if line is flow.lines[-1]:
        journal.close(row, StepRun.Status.DONE)
        return ending.finish(journal, flow, Run(journal.operation, host))
    journal.pass_on(row, StepRun.Status.DONE)
    return f"{line.key} done"


def _act(journal: Journal, line: Line, row: StepRun | None, host: Callable[[], Host]) -> StepRun:
    """Look, write the line, act."""
    if row is None:
        line.step.check(Run(journal.operation, host))
    BEFORE_LINE()
    row = journal.open(line, row)
    AFTER_LINE()
    line.step.do(Run(journal.operation, host, row, journal))
    AFTER_ACT()
    return row


def _wait(journal: Journal, flow: Flow, line: Line, trouble: str) -> str:
    """A part of the machine is away: come back, or turn back when it has been away for too long."""
    if patience.has_run_out(journal.operation) and not flow.past_return({line.key, *journal.keys()}):
        return _turn_back(journal, trouble, line.key)
    return _come_back(journal, line, patience.pause(journal), trouble)


def _come_back(journal: Journal, line: Line, seconds: float, reason: str) -> str:
    journal.close(journal.find(line.key), StepRun.Status.AGAIN)
    journal.release(seconds, reason=reason)
    return reason


def _turn_back(journal: Journal, error: str, key: str = "") -> str:
    """From here on the operation goes back, last step first."""
    journal.close(journal.find(key), StepRun.Status.FAILED, error=error)
    journal.release(status=Operation.Status.UNDOING, error=error, failed_step=key, reason="", trouble_since=None)
    return error


def _back(journal: Journal, host: Callable[[], Host]) -> str:
    """Take one step back: the last one that was begun and is not undone."""
    flow = FLOWS[journal.operation.flow]
    undone = StepRun.Status.UNDONE
    row = journal.operation.lines.exclude(status=undone).filter(undo_error="").order_by("-position").first()
    if row is None:
        return ending.take_back(journal, flow, Run(journal.operation, host))
    try:
        BEFORE_UNDO()
        flow.line(row.key).step.undo(Run(journal.operation, host, row, journal))
        AFTER_UNDO()
    except Again as again:
        journal.release(again.seconds, reason=again.reason)
        return again.reason
    except Unavailable as trouble:
        if not patience.has_run_out(journal.operation):
            journal.release(patience.pause(journal), reason=str(trouble))
            return str(trouble)
        return _note(journal, row, str(trouble))
    except (LostClaim, *DATABASE_AWAY):
        raise
    except Refused as refusal:
        return _note(journal, row, str(refusal))
    except Exception:
        logger.exception("operation %s: the undo of %s has a fault", journal.operation.pk, row.key)
        _note(journal, row, FAULT.format(journal.operation.pk))
        raise
    journal.pass_on(row, undone)
    return f"{row.key} undone"


def _note(journal: Journal, row: StepRun, error: str) -> str:
    """An undo that fails is noted; the rest still run."""
    journal.close(row, StepRun.Status.FAILED, undo_error=error)
    journal.release(reason="", trouble_since=None)
    return error
