"""What the colours of the admin mean: green is well, blue is at work, orange is worth a look, red needs a hand."""

from __future__ import annotations

from apps.operations.models import Operation, StepRun

OPERATION = {
    Operation.Status.WAITING: "",
    Operation.Status.PENDING: "info",
    Operation.Status.RUNNING: "info",
    Operation.Status.UNDOING: "warning",
    Operation.Status.DONE: "success",
    Operation.Status.UNDONE: "warning",
    Operation.Status.STUCK: "danger",
}
STEP_SYMBOL = {
    "todo": "radio_button_unchecked",
    StepRun.Status.RUNNING: "progress_activity",
    StepRun.Status.AGAIN: "hourglass_top",
    StepRun.Status.DONE: "check_circle",
    StepRun.Status.UNDONE: "undo",
    StepRun.Status.FAILED: "error",
}
