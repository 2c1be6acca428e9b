"""An operation on a page of the admin: its steps, drawn again each second until it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from apps.operations.ages import age
from apps.operations.badges import OPERATION, STEP_SYMBOL
from apps.operations.flow import FLOWS
from apps.operations.models import Operation
from apps.operations.shown import ShownStep, steps_of, title_of

Status = Operation.Status
MEANING = {
    Status.WAITING: "Another operation has this site just now. This one starts when that has ended.",
    Status.PENDING: "In the queue; a runner takes it up in a moment.",
    Status.UNDOING: "Something failed or was cancelled: what was done is being taken back, last step first.",
    Status.UNDONE: "Taken back. Nothing of it is left on the server.",
    Status.STUCK: "Not everything could be taken back. Remove what is in the way, then resume.",
}


@dataclass(frozen=True)
class LiveStep:
    step: ShownStep

    @property
    def symbol(self) -> str:
        return STEP_SYMBOL[self.step.status]

    @property
    def took(self) -> str:
        return _length(self.step.seconds)


class LiveOperation:
    """What the page shows. Costs one query, for the steps, or none where they are prefetched."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.title = title_of(operation.flow)
        self.colour = OPERATION[Status(operation.status)]
        self.meaning = MEANING.get(Status(operation.status), "")

    @cached_property
    def steps(self) -> list[LiveStep]:
        return [LiveStep(step) for step in steps_of(self.operation)]

    @property
    def done(self) -> int:
        return sum(live.step.status == "done" for live in self.steps)

    @property
    def took(self) -> str:
        """From the asking to the end."""
        ended = self.operation.ended_at
        return _length((ended - self.operation.created_at).total_seconds() if ended else None)

    @property
    def ago(self) -> str:
        """How long ago it was asked for."""
        return age(self.operation.created_at, depth=1)

    @property
    def step(self) -> str:
        """The step at work, for a line of its own."""
        return next((live.step.name for live in self.steps if live.step.status in ("running", "again")), "")

    @property
    def can_cancel(self) -> bool:
        begun = {live.step.key for live in self.steps if live.step.status != "todo"}
        flow = FLOWS.get(self.operation.flow)
        forward = flow is not None and flow.past_return(begun)
        return not (self.operation.ended or self.operation.cancel_asked or forward or self.is_undoing)

    @property
    def goes_forward(self) -> bool:
        return self.operation.status in (Status.PENDING, Status.RUNNING, Status.DONE)

    @property
    def is_undoing(self) -> bool:
        return self.operation.status == Status.UNDOING

    @property
    def can_resume(self) -> bool:
        return self.operation.status == Status.STUCK


def _length(seconds: float | None) -> str:
    """A time that somebody waited, as he would say it."""
    if seconds is None:
        return ""
    seconds = max(seconds, 0.0)  # clocks are set back
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
