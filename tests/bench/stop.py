"""The worker's part of stopping an idle site: what is signalled, waited for and tidied up."""

from __future__ import annotations

from apps.sites.models import Site
from tests.bench.asking import act_on, ask_for_site, number, token, wait_for_end
from tests.bench.figure import Figure, middle, spread
from tests.bench.private import Panel
from tests.bench.web import Web

RUNS = 9
REACH = 0.3


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    panel.up()
    web = Web(panel.places.run / "panel" / "web.sock", token())
    operation = ask_for_site(web, "Bench stop", "custom", f"bench-stop-{next(number)}.localhost")
    wait_for_end(operation)
    site = Site.objects.get(pk=operation.subject_id)
    took = []
    for _ in range(runs):
        stopping = act_on(web, site, "stop")
        wait_for_end(stopping)
        line = stopping.lines.get(key="worker-stop")
        took.append(((line.ended_at or line.started_at) - line.started_at).total_seconds())
        wait_for_end(act_on(web, site, "start"))
    return Figure(
        name="stop",
        what="stop of an idle site: the worker's part",
        unit="s",
        value=middle(took),
        reach=REACH,
        reach_is=f"{REACH:g} s",
        runs=runs,
        lines=[f"from {spread(took, 's', 3)}"],
    )
