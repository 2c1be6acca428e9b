"""FrankenPHP Worker Lifecycle: a worker's own flows, and activation and deactivation of its site."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site
from apps.workers import state
from apps.workers.roster import worker_of
from apps.workers.steps import has_worker_script
from apps.workers.steps.bringing_up import bring_up, write_config


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
        state.ended(site)

    def undo(self, run: Run) -> None:
        if ran(run):
            site = run.record(Site)
            bring_up(run, site)
            state.write(site, since=now())


class MarkStopped(Step):
    """Worker Stop, of an active site: on purpose, so that the watcher leaves it alone and ``./panel up`` too."""

    key = "worker-meant"

    def plan(self, run: Run) -> str:
        return f"Write down that the worker of {run.record(Site).slug} rests on purpose until somebody starts it"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("stopped", lambda: int(state.state_of(site).stopped))
        state.write(site, stopped=True)

    def undo(self, run: Run) -> None:
        state.write(run.record(Site), stopped=bool(run.memo.get("stopped")))


class ConfigureWorker(Step):
    """Worker Creation 1 to 3, of a site that is there: a worker that runs takes it without losing a request."""

    key = "worker-configure"

    def plan(self, run: Run) -> str:
        site = run.record(Site)
        return f"Write {run.places.worker_config(site.pk)} from the records; its worker takes it if it runs"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("before", lambda: run.host.files.read(run.places.worker_config(site.pk)))
        configure(run, site)

    def undo(self, run: Run) -> None:
        site = run.record(Site)
        if not run.memo.get("before"):
            return
        run.host.files.write(run.places.worker_config(site.pk), run.memo["before"], 0o644)
        if ran(run):
            run.host.supervisor.start(worker_of(site, run.host))


class RunWorker(Step):
    """Let the worker run, behind whatever the front shows. One that runs is left alone."""

    key = "worker-run"

    def plan(self, run: Run) -> str:
        return f"See that the worker on port {run.record(Site).port} runs, or start it and wait until PHP answers"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("stopped", lambda: int(state.state_of(site).stopped))
        bring_up(run, site)
        state.started(site)

    def undo(self, run: Run) -> None:
        site = run.record(Site)
        state.write(site, stopped=bool(run.memo.get("stopped")))
        if not ran(run):
            run.host.supervisor.stop(worker_of(site, run.host))
            state.ended(site)


class StartWorkerAgain(RunWorker):
    """Worker Start 1 to 5, for a site that was there before. It has started when it answers through PHP."""

    key = "worker-start"

    def plan(self, run: Run) -> str:
        return f"Start the worker on port {run.record(Site).port} and wait until PHP answers"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("front", lambda: str(site.front))
        super().do(run)
        show(site, Site.Front.UP)

    def undo(self, run: Run) -> None:
        show_again(run)
        super().undo(run)


class RestartWorker(Step):
    """Stop the worker and start it: the front holds requests meanwhile, for three seconds at most."""

    key = "worker-restart"

    def plan(self, run: Run) -> str:
        return f"Stop the worker on port {run.record(Site).port}, start it and wait until PHP answers"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        restart(run, site)
        end_failure(site)

    def undo(self, run: Run) -> None:
        bring_up(run, run.record(Site))


def ran(run: Run) -> bool:
    """Whether the worker ran when the operation looked: it stands in the journal, whoever carries on."""
    line = run.operation.lines.filter(key=LookAtWorker.key).first()
    return bool(line and line.memo.get("ran"))


def restart(run: Run, site: Site) -> None:
    """Stop the worker, once, and start it: who is in it is answered before, who comes then waits at the front."""
    worker = worker_of(site, run.host)
    if not run.memo.get("stopped"):
        run.host.supervisor.drain(worker)
        run.host.supervisor.stop(worker)
        run.remember("stopped", lambda: 1)
    bring_up(run, site)


def configure(run: Run, site: Site) -> None:
    """Write the configuration from the records, and let a worker that runs take it."""
    if ran(run):
        bring_up(run, site)
    else:
        write_config(run, site, in_memory=has_worker_script(run, site))


def show(site: Site, front: Site.Front) -> None:
    """Let the front show that, as soon as it is loaded."""
    with transaction.atomic():
        Site.objects.filter(pk=site.pk).update(front=front)
        site.server.want_front()


def end_failure(site: Site) -> None:
    """A person's start has succeeded: where the worker had been given up, what follows loads the front with it."""
    state.started(site)
    if site.front == Site.Front.FAILED:
        show(site, Site.Front.UP)


def show_again(run: Run) -> None:
    """Let it show what it showed before this step."""
    site = run.record(Site)
    before = run.memo.get("front", site.front)
    if before != site.front:
        show(site, Site.Front(before))
