"""What a worker ran from goes when its site is deleted; its records can make it anew."""

from __future__ import annotations

from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site
from apps.workers.steps import has_worker_script
from apps.workers.steps.bringing_up import write_config


class ForgetWorker(Step):
    key = "worker-forget"

    def plan(self, run: Run) -> str:
        return f"Remove {run.places.runtime(run.record(Site).pk)} with the worker's configuration, and its sockets"

    def do(self, run: Run) -> None:
        run.host.files.remove_runtime(run.record(Site).pk)

    def undo(self, run: Run) -> None:
        site = run.record(Site)
        write_config(run, site, in_memory=has_worker_script(run, site))
