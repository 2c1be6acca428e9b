"""A schedule's row, which the chore looks at."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.utils.timezone import now

from apps.backups.clock import next_time
from apps.backups.models import Schedule
from apps.operations.flow import Step
from apps.operations.run import Run


class SetSchedule(Step):
    """Write down when it is due first: from then on it is made by itself."""

    key = "schedule-clock"

    def plan(self, run: Run) -> str:
        schedule = run.record(Schedule)
        return f"Back {schedule} up at {next_time(schedule, now()):%Y-%m-%d %H:%M} UTC for the first time"

    def do(self, run: Run) -> None:
        schedule = run.record(Schedule)
        Schedule.objects.filter(pk=schedule.pk).update(due_at=next_time(schedule, now()), since=now())

    def undo(self, run: Run) -> None:
        Schedule.objects.filter(pk=run.params["schedule_id"]).update(due_at=None)


class ChangeSchedule(Step):
    key = "schedule-change"

    def plan(self, run: Run) -> str:
        told = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in _wanted(run).items())
        return f"Change when {run.record(Schedule)} is backed up: {told}"

    def do(self, run: Run) -> None:
        schedule = run.record(Schedule)
        run.remember("before", lambda: json.dumps({name: getattr(schedule, name) for name in _wanted(run)}))
        _write(schedule, _wanted(run))

    def undo(self, run: Run) -> None:
        if (schedule := run.find(Schedule)) is not None and (before := run.memo.get("before")):
            _write(schedule, json.loads(before))


class EndSchedule(Step):
    key = "schedule-end"

    def plan(self, run: Run) -> str:
        return f"Back {run.record(Schedule)} up no more by the clock; what there is stays"

    def do(self, run: Run) -> None:
        schedule = run.record(Schedule)
        run.remember("due_at", lambda: schedule.due_at.isoformat() if schedule.due_at else "")
        Schedule.objects.filter(pk=schedule.pk).update(due_at=None)

    def undo(self, run: Run) -> None:
        if due := run.memo.get("due_at"):
            Schedule.objects.filter(pk=run.params["schedule_id"]).update(due_at=datetime.fromisoformat(due))


def _write(schedule: Schedule, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(schedule, name, value)
    if "schedule" in values:
        schedule.due_at, schedule.since = next_time(schedule, now()), now()
    schedule.save()


def _wanted(run: Run) -> dict[str, Any]:
    return dict(run.params["wanted"])
