"""Writing the journal: every word under the claim of the runner that writes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import now

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

    def open(self, line: Line) -> StepRun:
        """Write the step's line, before it acts. A line that stood there already is used again."""
        with transaction.atomic():
            self._still_mine()
            row, new = StepRun.objects.get_or_create(
                operation=self.operation, key=line.key, defaults={"position": line.position}
            )
            if not new and row.status != StepRun.Status.RUNNING:
                row.status = StepRun.Status.RUNNING
                row.save(update_fields=["status"])
        return row

    def save(self, row: StepRun, *fields: str) -> None:
        with transaction.atomic():
            self._still_mine()
            row.save(update_fields=fields)

    def close(self, row: StepRun | None, status: StepRun.Status, **line: str) -> None:
        """Write how a step went: the line's *status*, and its error if there is one."""
        if row is None:
            return
        row.status, row.ended_at = status, now()
        for name, value in line.items():
            setattr(row, name, value)
        self.save(row, "status", "ended_at", *line)

    def set(self, **values: Any) -> None:
        """Change the operation's own row. Raises LostClaim when it is another runner's by now."""
        if not Operation.objects.filter(pk=self.operation.pk, claimed_by=self.token).update(**values):
            raise LostClaim(f"operation {self.operation.pk} was taken over")
        for name, value in values.items():
            setattr(self.operation, name, value)

    def release(self, after: float = 0.0, **values: Any) -> None:
        """Give the claim back; the next step is due *after* seconds."""
        due = now() + timedelta(seconds=after)
        self.set(claimed_by="", lease_until=None, due_at=due, **values)

    def _still_mine(self) -> None:
        """Takes the operation's row for this transaction, so that nobody can take it over before the commit."""
        if not Operation.objects.filter(pk=self.operation.pk, claimed_by=self.token).update(claimed_by=self.token):
            raise LostClaim(f"operation {self.operation.pk} was taken over")
