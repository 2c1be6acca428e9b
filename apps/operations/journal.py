"""Writing the journal: every word under the claim of the runner that writes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from apps.operations.due import LONGEST
from apps.operations.flow import Line
from apps.operations.models import Operation, StepRun
from apps.operations.outcome import LostClaim


class Journal:
    """The journal of one operation, in the hands of the runner whose *token* is on it."""

    def __init__(self, operation: Operation, token: str) -> None:
        self.operation = operation
        self.token = token

    def find(self, key: str) -> StepRun | None:
        return self.operation.lines.filter(key=key).first()

    def keys(self) -> set[str]:
        """The steps that were begun."""
        return set(self.operation.lines.values_list("key", flat=True))

    def open(self, line: Line, row: StepRun | None) -> StepRun:
        """Write the step's line, before it acts. *row* is the one that stood there already, read under this claim."""
        with transaction.atomic():
            self._still_mine()
            if row is None:
                return StepRun.objects.create(operation=self.operation, key=line.key, position=line.position)
            if row.status != StepRun.Status.RUNNING:
                row.status = StepRun.Status.RUNNING
                row.save(update_fields=["status"])
        return row

    def save(self, row: StepRun, *fields: str) -> None:
        with transaction.atomic():
            self._still_mine()
            row.save(update_fields=fields)

    def close(self, row: StepRun | None, status: StepRun.Status, **line: str) -> None:
        """Write how a step went: the line's *status*, and its error if there is one."""
        if row is not None:
            with transaction.atomic():
                self._still_mine()
                _write_end(row, status, **line)

    def pass_on(self, row: StepRun, status: StepRun.Status) -> None:
        """Close a step that went well and give the claim back, in one transaction: a commit waits for the disk."""
        with transaction.atomic():
            self.release(reason="", trouble_since=None)
            _write_end(row, status)

    def set(self, **values: Any) -> None:
        """Change the operation's own row. Raises LostClaim when it is another runner's by now."""
        if not Operation.objects.filter(pk=self.operation.pk, claimed_by=self.token).update(**values):
            raise LostClaim(f"operation {self.operation.pk} was taken over")
        for name, value in values.items():
            setattr(self.operation, name, value)

    def release(self, after: float = 0.0, **values: Any) -> None:
        """Give the claim back; the next step is due *after* seconds."""
        due = now() + min(timedelta(seconds=after), LONGEST)
        self.set(claimed_by="", lease_until=None, due_at=due, **values)

    def _still_mine(self) -> None:
        """Takes the operation's row for this transaction, so that nobody can take it over before the commit."""
        if not Operation.objects.filter(pk=self.operation.pk, claimed_by=self.token).update(claimed_by=self.token):
            raise LostClaim(f"operation {self.operation.pk} was taken over")


def _write_end(row: StepRun, status: StepRun.Status, **line: str) -> None:
    row.status, row.ended_at = status, now()
    for name, value in line.items():
        setattr(row, name, value)
    row.save(update_fields=["status", "ended_at", *line])
