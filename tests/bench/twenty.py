"""Twenty sites asked for at once, beside as many one after another: what a second pair of hands is worth."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.db.models import F, Sum

from apps.operations.models import Operation, StepRun
from tests.bench.asking import ask_for_site, number, token, wait_for_end
from tests.bench.figure import Figure, middle, table
from tests.bench.private import Panel
from tests.bench.web import Web

RUNS = 1
SITES = 20
REACH = 0.75
WHAT = f"{SITES} custom sites asked for at once → the last one is done"


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    panel.up()
    web = Web(panel.places.run / "panel" / "web.sock", token())
    _one_after_another(web, 1)  # for warming up
    single, together = [], []
    for _ in range(runs):
        single.append(_one_after_another(web, SITES))
        together.append(_at_once(web, SITES))
    floor = middle([seconds for seconds, _ in single])
    return Figure(
        name="twenty",
        what=WHAT,
        unit="s",
        value=middle([seconds for seconds, _ in together]),
        floor=floor,
        floor_is="the same one after another",
        reach=REACH * floor,
        reach_is=f"{REACH:g} x",
        runs=runs,
        lines=[*_parts("one after another", single[-1][1]), *_parts("at once", together[-1][1])],
    )


Took = tuple[float, list[Operation]]


def _one_after_another(web: Web, sites: int) -> Took:
    begin, made = time.perf_counter(), []
    for _ in range(sites):
        made.append(_ask(web))
        wait_for_end(made[-1])
    return time.perf_counter() - begin, made


def _at_once(web: Web, sites: int) -> Took:
    begin = time.perf_counter()
    made = [_ask(web) for _ in range(sites)]
    for operation in made:
        wait_for_end(operation)
    return time.perf_counter() - begin, made


def _ask(web: Web) -> Operation:
    return ask_for_site(web, "Twenty", "custom", f"twenty-{next(number)}.localhost")


def _parts(title: str, operations: Sequence[Operation]) -> list[str]:
    """Where the sites' steps spent their time, the longest first."""
    lines = StepRun.objects.filter(operation__in=operations).values("key")
    spent = lines.annotate(took=Sum(F("ended_at") - F("started_at"))).order_by("-took")
    return [f"{title}, in each step:", *table({row["key"]: row["took"].total_seconds() for row in spent}, "s")]
