"""The end of an operation: its status, the subject's records and the holds, in one transaction."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from apps.operations import holds
from apps.operations.crash import BEFORE_END
from apps.operations.flow import Flow
from apps.operations.journal import Journal
from apps.operations.models import Operation
from apps.operations.run import Run
from apps.servers.allocation import one_at_a_time


def finish(journal: Journal, flow: Flow, run: Run) -> str:
    """Every step is done."""
    BEFORE_END()
    with transaction.atomic():
        one_at_a_time()
        flow.records.finish(run)
        _end(journal, Operation.Status.DONE)
    return "done"


def take_back(journal: Journal, flow: Flow, run: Run) -> str:
    """Every step that could be undone is. One that could not leaves the operation stuck, with its holds."""
    BEFORE_END()
    with transaction.atomic():
        one_at_a_time()
        if journal.operation.lines.exclude(undo_error="").exists():
            _close(journal, Operation.Status.STUCK)
            return "stuck"
        flow.records.undo(run)
        _end(journal, Operation.Status.UNDONE)
    return "undone"


def _end(journal: Journal, status: Operation.Status) -> None:
    _close(journal, status)
    holds.give_back(journal.operation)


def _close(journal: Journal, status: Operation.Status) -> None:
    journal.release(status=status, ended_at=now(), reason="", trouble_since=None)
