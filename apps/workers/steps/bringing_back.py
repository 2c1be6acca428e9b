"""Worker and front of a site that goes back to what it was before: after a suspension, or a deletion."""

from __future__ import annotations

from collections.abc import Callable

from apps.operations.run import Run
from apps.sites.models import Site
from apps.workers.steps.running import RunWorker, show, show_again

FRONTS = {
    Site.Status.ACTIVE: Site.Front.UP,
    Site.Status.INACTIVE: Site.Front.STOPPED,
    Site.Status.MAINTENANCE: Site.Front.MAINTENANCE,
    Site.Status.SUSPENDED: Site.Front.SUSPENDED,
}
"""What the front shows for a site in each state that lasts."""


class BringBack(RunWorker):
    """Worker and front as *former*, the state that the site goes back to, wants them. What follows loads the front."""

    key = "worker-back"

    def __init__(self, former: Callable[[Run], Site.Status]) -> None:
        self.former = former

    def plan(self, run: Run) -> str:
        site, former = run.record(Site), self.former(run)
        if former in Site.RUNNING:
            return f"Start the worker on port {site.port} and wait until PHP answers"
        return f"Leave the worker off, for {site.slug} will be as it was: {former.label.lower()}"

    def do(self, run: Run) -> None:
        site, former = run.record(Site), self.former(run)
        run.remember("front", lambda: str(site.front))
        if former in Site.RUNNING:
            super().do(run)
        show(site, FRONTS[former])

    def undo(self, run: Run) -> None:
        show_again(run)
        super().undo(run)
