"""A stopped site, from the request to its first page, beside a process's start, one page and one front load."""

from __future__ import annotations

import time

from apps.domains import serving
from apps.host.visit import visit
from apps.operations.flow import FLOWS
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.workers.roster import worker_of
from tests.bench.asking import act_on, ask_for_site, number, token, wait_for_end
from tests.bench.figure import Figure, middle, spread, table
from tests.bench.front import Front
from tests.bench.private import Panel
from tests.bench.waiting import until
from tests.bench.web import Web

RUNS = 9
TIMES, A_STEP = 1.25, 0.02
FLOW = "site.start"


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    panel.up()
    web = Web(panel.places.run / "panel" / "web.sock", token())
    host = f"bench-start-{next(number)}.localhost"
    operation = ask_for_site(web, "Bench start", "custom", host)
    wait_for_end(operation)
    site = Site.objects.select_related("server", "runtime").get(pk=operation.subject_id)
    bare, whole = [], []
    for count in range(runs + 1):
        floor, made = _by_hand(panel, site), _through_the_panel(panel, web, site, host)
        if count:  # the first is for warming up
            bare.append(floor)
            whole.append(made)
    return _figure(bare, whole)


def _by_hand(panel: Panel, site: Site) -> dict[str, float]:
    """The parts, with the panel's own drivers and nothing between them. To the panel the site is stopped meanwhile."""
    worker = worker_of(site, panel.host)
    Site.objects.filter(pk=site.pk).update(status=Site.Status.INACTIVE)  # or it would be brought up again
    panel.host.supervisor.stop(worker)
    begin = time.perf_counter()
    panel.host.supervisor.start(worker)
    started = time.perf_counter()
    visit(site.port or 0, site.hosts[0], "/")
    visited = time.perf_counter()
    serving.load(site.server, panel.host, site.server.want_front())
    loaded = time.perf_counter()
    Site.objects.filter(pk=site.pk).update(status=Site.Status.ACTIVE)
    return {"process": started - begin, "page": visited - started, "front": loaded - visited}


def _through_the_panel(panel: Panel, web: Web, site: Site, host: str) -> tuple[float, Operation]:
    wait_for_end(act_on(web, site, "stop"))
    front = Front(panel.places)
    begin = time.perf_counter()
    operation = act_on(web, site, "start")
    last = operation.lines.filter(key=FLOWS[FLOW].lines[-1].key)
    until(last.exists, f"{host} is not loaded.")  # asking the front all the time would take a core from the work
    until(lambda: (page := front.get(host)) is not None and page.status == 200, f"{host} has no page.")
    took = time.perf_counter() - begin
    wait_for_end(operation)
    return took, operation


def _figure(bare: list[dict[str, float]], whole: list[tuple[float, Operation]]) -> Figure:
    steps = len(FLOWS[FLOW].lines)
    floor = middle([sum(parts.values()) for parts in bare])
    lines = {line.key: line.ended_at - line.started_at for line in whole[-1][1].lines.all() if line.ended_at}
    return Figure(
        name="start",
        what="a stopped custom site: request → first 200 over HTTPS",
        unit="s",
        value=middle([took for took, _ in whole]),
        floor=floor,
        floor_is="process start + first PHP page + one front load",
        reach=TIMES * floor + A_STEP * steps,
        reach_is=f"{TIMES:g} x + 20 ms for each of {steps} steps",
        runs=len(whole),
        lines=[
            f"from {spread([took for took, _ in whole], 's')}",
            "bare:",
            *table({name: middle([parts[name] for parts in bare]) for name in bare[0]}, "s"),
            "the last one's steps:",
            *table({key: took.total_seconds() for key, took in lines.items()}, "s"),
        ],
    )
