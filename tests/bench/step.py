"""What Celery and the journal cost a step: a flow of empty steps, beside bare tasks and bare rows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.db import connection, transaction
from django.utils.timezone import now

from apps.operations.models import Hold, Operation, StepRun
from apps.operations.sending import send
from apps.servers.local.prepare import environment
from apps.servers.local.programs import CELERY, LEAN, QUIET, RUNNER
from apps.servers.models import Server
from frankenpanel.celery import app
from tests.bench.empty import FLOW, QUEUE, SERVER, STEPS
from tests.bench.figure import Figure, middle, spread, table
from tests.bench.private import Panel
from tests.bench.waiting import ending, until

RUNS = 9
REACH = {"sqlite": 20.0, "postgresql": 10.0}
LOOK = 0.05
"""Seconds between two looks for the end, which takes its own time down. More looks would take a core from the work."""
WHAT = "Celery's and the journal's cost of a step"


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    assert panel.identity
    Server.objects.get_or_create(name=SERVER)
    found: dict[str, list[float]] = {"flow": [], "bare": [], "kept": [], "rows": []}
    with _runner(panel):
        for number in range(-1, runs):
            times = _once(panel)
            if number >= 0:  # the first is for warming up
                for name, seconds in times.items():
                    found[name].append(seconds * 1000 / STEPS)
    return _figure(found)


def _figure(found: dict[str, list[float]]) -> Figure:
    tasks, results, rows = (middle(found[name]) for name in ("bare", "kept", "rows"))
    parts = {
        "a bare Celery task that sends the next": tasks,
        "the same with its result in the database": results,
        "a journal row, written and closed": rows,
    }
    reach = REACH[connection.vendor]
    return Figure(
        name="step",
        what=f"{WHAT}: a flow of {STEPS} empty steps through a runner",
        unit="ms",
        value=middle(found["flow"]),
        floor=tasks + rows,
        floor_is=f"{STEPS} bare tasks chained, and {STEPS} journal rows",
        reach=reach,
        reach_is=f"{reach:.0f} ms",
        runs=len(found["flow"]),
        lines=[*table(parts, "ms a step", 2), f"from {spread(found['flow'], 'ms')}"],
        details=found,
    )


def _once(panel: Panel) -> dict[str, float]:
    return {
        "bare": _chain(panel, "bench.bare"),
        "flow": _flow(),
        "kept": _chain(panel, "bench.kept"),
        "rows": _rows(),
    }


def _operation() -> Operation:
    """As a lifecycle function leaves it: with its hold."""
    server = Server.objects.get(name=SERVER)
    with transaction.atomic():
        operation = Operation.objects.create(
            flow=FLOW.name, subject_kind="bench", subject_id=1, subject_label="bench", server=server, queue=QUEUE,
            asker="bench", door="bench", params={"holds": ["bench:1"]},
        )  # fmt: skip
        Hold.objects.create(resource="bench:1", operation=operation)
    return operation


def _flow() -> float:
    """Seconds from the first message to the end that stands in the journal."""
    operation = _operation()
    begin = time.time()
    send(operation.pk, QUEUE)
    ended = Operation.objects.filter(pk=operation.pk, ended_at__isnull=False)
    until(ended.exists, "The runner does not carry out the flow.", every=LOOK)
    operation.refresh_from_db()
    assert operation.status == Operation.Status.DONE, operation.error
    assert operation.ended_at
    assert operation.lines.filter(status=StepRun.Status.DONE).count() == STEPS
    return operation.ended_at.timestamp() - begin


def _chain(panel: Panel, task: str) -> float:
    end = panel.places.root / "chain-ended"
    end.unlink(missing_ok=True)
    begin = time.time()
    app.send_task(task, kwargs={"left": STEPS, "end": str(end)}, queue=QUEUE, retry=False)
    until(end.exists, "The runner does not carry out the tasks.", every=LOOK)
    return float(end.read_text()) - begin


def _rows() -> float:
    """Each row is written before the act and closed after it, in transactions of their own."""
    operation = _operation()
    begin = time.time()
    for position in range(STEPS):
        with transaction.atomic():
            row = StepRun.objects.create(operation=operation, key=f"empty-{position}", position=position)
        with transaction.atomic():
            row.status, row.ended_at = StepRun.Status.DONE, now()
            row.save(update_fields=["status", "ended_at"])
    seconds = time.time() - begin
    operation.delete()
    return seconds


@contextmanager
def _runner(panel: Panel) -> Iterator[None]:
    """A runner as the panel starts it, for a queue of its own, which knows the empty flow."""
    log = panel.places.root / "bench-runner.log"
    argv = [sys.executable, *CELERY, "worker", "-Q", QUEUE, "-P", "prefork", "-c", "2", "-n", "bench@bench", *QUIET]
    env = {**environment(), **RUNNER, **LEAN, "FRANKENPANEL_SERVER": SERVER}
    with log.open("wb") as output:
        runner = subprocess.Popen(
            [*argv, "-I", "tests.bench.empty"], cwd=panel.code, env=env, stdout=output, stderr=output
        )
    with ending(runner):
        until(partial(_is_ready, log, runner), f"The runner does not start: {log}")
        yield


def _is_ready(log: Path, runner: subprocess.Popen[bytes]) -> bool:
    assert runner.poll() is None, log.read_text()[-2000:]
    return "takes operations now" in log.read_text()
