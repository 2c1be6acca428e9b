"""What the panel does about a worker that died without being asked to."""

from __future__ import annotations

from django.db.models import F
from django.utils.timezone import now

from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site
from apps.workers import state
from apps.workers.models import WorkerState
from apps.workers.roster import worker_of
from apps.workers.steps.bringing_up import bring_up

LINES, WIDTH = 12, 300
"""How much of its log is kept of a worker that is given up."""


class ReviveWorker(Step):
    """Start it again. Its front was left as it is: while the worker is away it shows the "down" page by itself."""

    key = "worker-revive"

    def plan(self, run: Run) -> str:
        return f"Start the dead worker on port {run.record(Site).port} again and wait until PHP answers"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        bring_up(run, site)
        WorkerState.objects.filter(site=site).update(since=now(), restarts=F("restarts") + 1)

    def undo(self, run: Run) -> None:
        site = run.record(Site)
        run.host.supervisor.stop(worker_of(site, run.host))
        state.ended(site)


class GiveUpWorker(Step):
    """Leave it down, with its last words, until a person starts it. What it has left running is ended."""

    key = "worker-give-up"

    def plan(self, run: Run) -> str:
        return f"Leave the worker of {run.record(Site).slug} down until somebody starts it, and keep the end of its log"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        worker = worker_of(site, run.host)
        words = "\n".join(line[:WIDTH] for line in run.host.supervisor.logs(worker, LINES))
        run.host.supervisor.stop(worker)
        state.write(site, given_up_at=now(), last_words=words, since=None, memory=0)

    def undo(self, run: Run) -> None:
        state.write(run.record(Site), given_up_at=None, last_words="")
