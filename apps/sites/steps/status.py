"""A site's state, written down when it is so."""

from __future__ import annotations

from collections.abc import Collection

from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site


class SetStatus(Step):
    key = "status"

    def __init__(self, status: Site.Status) -> None:
        self.status = status

    def plan(self, run: Run) -> str:
        return f"Write down that {run.record(Site).slug} is {self.status.label.lower()}"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("status", lambda: str(site.status))
        Site.objects.filter(pk=site.pk).update(status=self.status)

    def undo(self, run: Run) -> None:
        if before := run.memo.get("status"):
            Site.objects.filter(pk=run.record(Site).pk).update(status=before)


class CheckState(Step):
    """Whether the site is still as the request found it, for one that has waited in line."""

    key = "state"

    def __init__(self, states: Collection[Site.Status], deed: str) -> None:
        self.states, self.deed = states, deed

    def check(self, run: Run) -> None:
        if reason := stands_against(run.record(Site), self.states, self.deed):
            raise Refused(reason)

    def plan(self, run: Run) -> str:
        return f"See that {run.record(Site).slug} can be {self.deed} as it is then"

    def do(self, run: Run) -> None:
        return


def stands_against(site: Site, states: Collection[Site.Status], deed: str) -> str:
    """Why *site* cannot be *deed* (started, stopped …) in its present state; empty where it can."""
    if site.status in states:
        return ""
    state = site.get_status_display().lower()
    among = " or ".join(Site.Status(one).label.lower() for one in states)
    return f"{site.slug} is {state}; only a site that is {among} can be {deed}."
