"""A flow of steps that do nothing, and a chain of tasks that do nothing: what is left is what they cost.

A runner of the step benchmark loads this module; the benchmark does too, so that both know the flow.
"""

from __future__ import annotations

import time
from pathlib import Path

from celery import shared_task

from apps.operations.flow import Flow, Step
from apps.operations.run import Run
from frankenpanel.celery import app

STEPS = 20
SERVER = "bench"
QUEUE = f"server.{SERVER}"


class Empty(Step):
    def __init__(self, number: int) -> None:
        self.key = f"empty-{number}"  # type: ignore[misc]

    def plan(self, run: Run) -> str:
        return "Nothing"

    def do(self, run: Run) -> None:
        """Nothing: the time it takes is the engine's and Celery's."""


FLOW = Flow("bench.empty", steps=tuple(Empty(number) for number in range(STEPS)))


@shared_task(name="bench.bare", ignore_result=True)
def bare(left: int, end: str) -> None:
    """Send the next one; the last writes the time to the file *end*."""
    pass_on("bench.bare", left, end)


@shared_task(name="bench.kept")
def kept(left: int, end: str) -> str:
    """The same, with a result that lands in the database."""
    pass_on("bench.kept", left, end)
    return "nothing done"


def pass_on(task: str, left: int, end: str) -> None:
    if left > 1:
        app.send_task(task, kwargs={"left": left - 1, "end": end}, queue=QUEUE, retry=False)
        return
    part = Path(f"{end}.part")
    part.write_text(str(time.time()))
    part.rename(end)
