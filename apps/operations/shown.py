"""What a door shows of an operation: every step of its flow, with the journal's line where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import now

from apps.operations.flow import FLOWS, Line
from apps.operations.models import Operation, StepRun

TODO = "todo"
"""A step's status while it has no line: never stored."""


@dataclass(frozen=True)
class ShownStep:
    """One step as a person or a script reads it. Times are aware, *seconds* counts on while the step runs.

    *text* says where it is, *note* what it has found.
    """

    number: int
    key: str
    seed: tuple[int, ...]
    status: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: str = ""
    done: int = 0
    total: int = 0
    text: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        return self.key.replace("-", " ").capitalize()

    @property
    def seconds(self) -> float | None:
        return round(((self.ended_at or now()) - self.started_at).total_seconds(), 3) if self.started_at else None


def steps_of(operation: Operation) -> list[ShownStep]:
    """The steps of *operation* in order. One query, or none where its lines are prefetched."""
    return list(_steps(operation))


def title_of(flow: str) -> str:
    """A flow's name for a person: the end of its heading in the seed, or its own where that has none."""
    return (FLOWS[flow].title or FLOWS[flow].seed.rpartition(". ")[2]) if flow in FLOWS else flow


def _steps(operation: Operation) -> Iterator[ShownStep]:
    rows = {row.key: row for row in operation.lines.all()}
    if operation.flow not in FLOWS:  # an older panel's: the journal is all there is
        yield from (_shown(row, row.position, ()) for row in rows.values())
        return
    for line in FLOWS[operation.flow].lines:
        yield _shown(rows[line.key], line.position, line.seed) if line.key in rows else _todo(line)


def _todo(line: Line) -> ShownStep:
    return ShownStep(line.position, line.key, line.seed, TODO)


def _shown(row: StepRun, number: int, seed: tuple[int, ...]) -> ShownStep:
    return ShownStep(
        number=number,
        key=row.key,
        seed=seed,
        status=row.status,
        started_at=row.started_at,
        ended_at=row.ended_at,
        error=row.undo_error or row.error,
        done=row.progress_done,
        total=row.progress_total,
        text=row.progress_text,
        note=row.note,
    )
