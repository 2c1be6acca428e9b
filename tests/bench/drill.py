"""A fresh WordPress site is tried out from its backup, counted as a person counts it: from the request to the proof.

Its floor is the same archive read by the engine alone, with every file compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from apps.backups.keys import keys_of
from apps.backups.models import Backup
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.bench.asking import ask_of_backups, token, wait_for_end
from tests.bench.figure import Figure, middle, spread
from tests.bench.private import Panel
from tests.bench.site import create
from tests.bench.web import Web

RUNS, REACH = 5, 3.0


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    panel.up()
    web = Web(panel.places.run / "panel" / "web.sock", token())
    backup, took, floors = _saved(web, Site.objects.get(pk=create(panel, web, stop=False).site_id)), [], []
    for number in range(runs + 1):
        floor, drill = _timed(lambda: _read(panel, backup)), _timed(lambda: _drilled(web, backup))
        if number:  # the first is for warming up
            floors.append(floor)
            took.append(drill)
    steps = _steps(Operation.objects.filter(flow="backup.drill").latest("pk"))
    return Figure(
        name="drill",
        what="a drill of a fresh WordPress site: request → proven",
        unit="s",
        value=middle(took),
        floor=middle(floors),
        floor_is="the same archive read, each file compared",
        reach=REACH,
        reach_is="3 s",
        runs=runs,
        lines=[f"from {spread(took, 's')}", *steps],
        details={"took": took, "floors": floors},
    )


def _saved(web: Web, site: Site) -> Backup:
    operation = ask_of_backups(web, "", {"site": site.slug})
    wait_for_end(operation)
    return Backup.objects.select_related("server").get(pk=operation.params["backup_id"])


def _drilled(web: Web, backup: Backup) -> None:
    wait_for_end(ask_of_backups(web, f"{backup.pk}/drill/", {}))


def _read(panel: Panel, backup: Backup) -> None:
    with panel.host.archives.opened(backup.slug, backup.file, keys_of(backup.server, panel.host)) as archive:
        archive.verify()


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def _steps(operation: Operation) -> list[str]:
    lines = operation.lines.order_by("position")
    return [f"{line.key} {(line.ended_at - line.started_at).total_seconds():.2f} s" for line in lines if line.ended_at]
