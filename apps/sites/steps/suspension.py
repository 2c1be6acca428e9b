"""That a site is suspended, with what it was before and why: written down, and crossed out again."""

from __future__ import annotations

from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site


class Suspend(Step):
    key = "status-suspended"

    def plan(self, run: Run) -> str:
        return f"Write down that {run.record(Site).slug} is suspended{_because(run)}"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        before = run.remember("status", lambda: str(site.status))
        _write(site, Site.Status.SUSPENDED, before, run.params["reason"])

    def undo(self, run: Run) -> None:
        if before := run.memo.get("status"):
            _write(run.record(Site), before)


class EndSuspension(Step):
    key = "status-before"

    def plan(self, run: Run) -> str:
        site = run.record(Site)
        return f"Write down that {site.slug} is {before_suspension(run).label.lower()} again"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        before = run.remember("status", lambda: str(before_suspension(run)))
        run.remember("because", lambda: site.suspended_because)
        _write(site, before)

    def undo(self, run: Run) -> None:
        if before := run.memo.get("status"):
            _write(run.record(Site), Site.Status.SUSPENDED, before, run.memo.get("because", ""))


def before_suspension(run: Run) -> Site.Status:
    """What the site was before, and is to be again."""
    return Site.Status(run.record(Site).suspended_from or Site.Status.INACTIVE)


def _write(site: Site, status: str, before: str = "", because: str = "") -> None:
    written = {"status": status, "suspended_from": before, "suspended_because": because}
    Site.objects.filter(pk=site.pk).update(**written)


def _because(run: Run) -> str:
    reason = run.params["reason"]
    return f", and that the reason is: {reason}" if reason else ""
