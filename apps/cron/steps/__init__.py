"""The steps that make, change and unmake a site's cron jobs: rows, that the chore looks at."""

from __future__ import annotations

from time import time
from typing import Any

from django.utils.timezone import now

from apps.cron.commands import Program, parsed
from apps.cron.models import Cron, CronRun
from apps.cron.records import next_time
from apps.cron.waking import wake
from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.facts import owner_of

PATIENCE = 20.0
"""Seconds that a run which somebody asked for is watched."""


class LookForScript(Step):
    """See that the site has the script or program, as its own user sees it."""

    key = "cron-script"

    def check(self, run: Run) -> None:
        cron, command = run.record(Cron), _command(run)
        if not isinstance(command, Program):
            return
        if not run.host.files.is_file_as(owner_of(run, cron.site), cron.site.slug, command.file):
            raise Refused(f"{cron.site.slug} has no file {command.file}; put it there first.")

    def plan(self, run: Run) -> str:
        command = _command(run)
        if isinstance(command, Program):
            return f"See that {run.record(Cron).site.slug} has the file {command.file}"
        return "Nothing to look for: the command is a page of the site"

    def do(self, run: Run) -> None:
        return


class SetClock(Step):
    """Write down when it runs next: from then on it runs by itself."""

    key = "cron-clock"

    def plan(self, run: Run) -> str:
        cron = run.record(Cron)
        return f"Run {cron.command} at {next_time(cron, now()):%Y-%m-%d %H:%M} UTC for the first time"

    def do(self, run: Run) -> None:
        cron = run.record(Cron)
        Cron.objects.filter(pk=cron.pk).update(due_at=next_time(cron, now()))

    def undo(self, run: Run) -> None:
        Cron.objects.filter(pk=run.params["cron_id"]).update(due_at=None)


class ChangeJob(Step):
    """Write the changes down. A run that is at work ends as it began."""

    key = "cron-change"

    def plan(self, run: Run) -> str:
        told = "; ".join(f"{name}: {value}" for name, value in run.params["wanted"].items())
        return f"Change the job {run.record(Cron).name}: {told}"

    def do(self, run: Run) -> None:
        cron = run.record(Cron)
        for name in KEPT:
            run.remember(name, lambda name=name: getattr(cron, name))  # type: ignore[misc]
        _write(cron, run.params["wanted"])

    def undo(self, run: Run) -> None:
        if (cron := run.find(Cron)) is not None and len(run.memo) == len(KEPT):
            _write(cron, run.memo)


KEPT = ("schedule", "command", "limit", "delay")


class SwitchJob(Step):
    """Let its time come, or not."""

    key = "cron-switch"

    def __init__(self, *, active: bool) -> None:
        self.active = active

    def plan(self, run: Run) -> str:
        return f"{'Resume' if self.active else 'Pause'} the job {run.record(Cron).name}"

    def do(self, run: Run) -> None:
        cron = run.record(Cron)
        was = run.remember("active", lambda: int(cron.active))
        if bool(was) != self.active:
            _switch(cron, active=self.active)

    def undo(self, run: Run) -> None:
        cron, was = run.find(Cron), run.memo.get("active")
        if cron is not None and was is not None and bool(was) != cron.active:
            _switch(cron, active=bool(was))


class EndRun(Step):
    """End what runs of it: a job that is not there any more has no runs."""

    key = "cron-end"

    def plan(self, run: Run) -> str:
        return f"End what runs of {run.record(Cron).name}"

    def do(self, run: Run) -> None:
        for one in CronRun.objects.filter(cron=run.record(Cron), status=CronRun.Status.RUNNING):
            run.host.jobs.end(run.places.cron_lock(one.pk))


class AskForRun(Step):
    """Put a run in line, beside those that the clock asks for; one that is in line already will do."""

    key = "cron-run"

    def plan(self, run: Run) -> str:
        cron = run.record(Cron)
        return f"Run {cron.command} as the site's user, for {cron.limit} seconds at most; its output is kept"

    def do(self, run: Run) -> None:
        cron = run.record(Cron)
        run.remember("asked", lambda: _asked_for(cron).pk)
        wake(cron.site.server, 1)

    def undo(self, run: Run) -> None:
        CronRun.objects.filter(cron=run.params["cron_id"], status=CronRun.Status.PENDING).delete()


class WaitForRun(Step):
    """Until it has ended, so that whoever asked is told how; one that takes longer goes on without being watched."""

    key = "cron-wait"

    def plan(self, run: Run) -> str:
        return f"Wait until it has ended, for {PATIENCE:g} seconds at most"

    def do(self, run: Run) -> None:
        found = CronRun.objects.filter(pk=run.operation.lines.get(key=AskForRun.key).memo["asked"]).first()
        if found is None:
            return
        if found.status in CronRun.LIVE and time() - run.remember("since", time) < PATIENCE:
            run.again(0.2, "The job is at work.")
        if found.error:
            raise Refused(f"{run.record(Cron).name}: {found.error} ./panel cron watch tells what it said.")


def _asked_for(cron: Cron) -> CronRun:
    """The one that is on its way already, else a new one."""
    live = CronRun.objects.filter(cron=cron, status__in=CronRun.LIVE).first()
    return live or CronRun.objects.create(cron=cron, planned_at=now())


def _command(run: Run) -> Any:
    return parsed(run.params.get("wanted", {}).get("command") or run.record(Cron).command)


def _write(cron: Cron, values: dict[str, Any]) -> None:
    """A schedule that somebody chose is kept to the minute."""
    changed = {name: values[name] for name in KEPT if name in values}
    if "schedule" in changed:
        changed.setdefault("delay", 0)
    for name, value in changed.items():
        setattr(cron, name, value)
    cron.due_at = next_time(cron, now()) if cron.active else None
    cron.save(update_fields=[*changed, "due_at"])


def _switch(cron: Cron, *, active: bool) -> None:
    due_at = next_time(cron, now()) if active else None
    Cron.objects.filter(pk=cron.pk).update(active=active, due_at=due_at)
