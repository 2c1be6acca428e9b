"""FrankenPHP Worker Lifecycle, as activation and deactivation of a site use it."""

from __future__ import annotations

from django.db import transaction

from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site
from apps.workers.roster import worker_of


class LookAtWorker(Step):
    """Whether it runs now: an undo brings back what was, and no more."""

    key = "worker-status"

    def plan(self, run: Run) -> str:
        return f"See whether the worker on port {run.record(Site).port} runs"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("ran", lambda: int(run.host.supervisor.status(worker_of(site, run.host)).running))


class StopWorker(Step):
    """Worker Stop 1 to 7. It was answered for by a page before, so that nobody waits on a dying process."""

    key = "worker-stop"

    def plan(self, run: Run) -> str:
        site = run.record(Site)
        return f"Stop the worker on port {site.port}: running requests get their time to end"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.host.supervisor.stop(worker_of(site, run.host))

    def undo(self, run: Run) -> None:
        if ran(run):
            run.host.supervisor.start(worker_of(run.record(Site), run.host))


class StartWorkerAgain(Step):
    """Worker Start 1 to 5, for a site that was there before. It has started when it answers through PHP."""

    key = "worker-start"

    def plan(self, run: Run) -> str:
        return f"Start the worker on port {run.record(Site).port} and wait until PHP answers"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("front", lambda: str(site.front))
        run.host.supervisor.start(worker_of(site, run.host))
        _show(site, Site.Front.UP)

    def undo(self, run: Run) -> None:
        site = run.record(Site)
        before = run.memo.get("front", site.front)
        if before != Site.Front.UP:
            _show(site, Site.Front(before))
        if not ran(run):
            run.host.supervisor.stop(worker_of(site, run.host))


class RestartWorker(Step):
    """Stop the worker and start it: the front holds requests meanwhile, for three seconds at most."""

    key = "worker-restart"

    def plan(self, run: Run) -> str:
        return f"Stop the worker on port {run.record(Site).port}, start it and wait until PHP answers"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        worker = worker_of(site, run.host)
        if not run.memo.get("stopped"):
            run.host.supervisor.stop(worker)
            run.remember("stopped", lambda: 1)
        run.host.supervisor.start(worker)

    def undo(self, run: Run) -> None:
        run.host.supervisor.start(worker_of(run.record(Site), run.host))


def ran(run: Run) -> bool:
    """Whether the worker ran when the operation looked: it stands in the journal, whoever carries on."""
    line = run.operation.lines.filter(key=LookAtWorker.key).first()
    return bool(line and line.memo.get("ran"))


def _show(site: Site, front: Site.Front) -> None:
    with transaction.atomic():
        Site.objects.filter(pk=site.pk).update(front=front)
        site.server.want_front()
