"""The front's part in a change of what is special about a site."""

from __future__ import annotations

from apps.domains import serving
from apps.domains.steps.pages import LoadFront
from apps.operations.run import Run
from apps.sites.models import Site


class LoadOwnBlock(LoadFront):
    """Load what is newest, and see that the front has taken the site's own block: it leaves out a bad one.

    What it had against the block before is not this change's fault: a step before has remembered that.
    """

    key = "front-own-block"

    def plan(self, run: Run) -> str:
        return f"Load the front for {', '.join(run.record(Site).hosts)}, if it has a part in the change; else go back"

    def do(self, run: Run) -> None:
        super().do(run)
        memos = [line.memo for line in run.operation.lines.all()]
        serving.must_have(run.record(Site), known=next((memo["fault"] for memo in memos if "fault" in memo), ""))
