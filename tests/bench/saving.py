"""A WordPress site that is saved while visitors come, and tried out from its backup: what each costs.

The drill is counted as a person counts it, from the request to the proof; its floor is the same archive read by the
engine alone, with every file compared. The visitors come over fresh connections, one after another, before the backups
begin and while they run; enough photographs lie in the site that each backup takes seconds.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

from apps.backups.keys import keys_of
from apps.backups.models import Backup
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.bench.asking import token, wait_for_end
from tests.bench.figure import Figure, middle, spread
from tests.bench.front import Front
from tests.bench.private import Panel
from tests.bench.site import create
from tests.bench.web import Web

RUNS, VISITS = 5, 120
DRILL, TIMES = 3.0, 1.5
PHOTOGRAPHS, PHOTOGRAPH = 300, 1_000_000
BACKUPS = "/api/v1/backups/"


def measure(panel: Panel, runs: int = RUNS) -> list[Figure]:
    panel.up()
    web = Web(panel.places.run / "panel" / "web.sock", token())
    site = Site.objects.get(pk=create(panel, web, stop=False).site_id)
    return [_drill(panel, web, site, runs), _visitors(panel, web, site)]


def _drill(panel: Panel, web: Web, site: Site, runs: int) -> Figure:
    backup, took, floors = _saved(web, site), [], []
    for number in range(runs + 1):
        floor, drill = _timed(lambda: _read(panel, backup)), _timed(lambda: _asked(web, f"{backup.pk}/drill/", {}))
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
        reach=DRILL,
        reach_is="3 s",
        runs=runs,
        lines=[f"from {spread(took, 's')}", *steps],
        details={"took": took, "floors": floors},
    )


def _visitors(panel: Panel, web: Web, site: Site) -> Figure:
    _hang_up_photographs(panel, site)
    front, host = Front(panel.places), site.hosts[0]
    before, until = _visited(front, host, VISITS), time.monotonic() + 120
    during: list[float] = []
    while len(during) < VISITS and time.monotonic() < until:
        operation = _begun(web, site)
        running = Operation.objects.filter(pk=operation.pk, ended_at=None)
        while running.exists():
            during += _visited(front, host, 4)
        wait_for_end(operation)
    value, floor = _p95(during), _p95(before)
    return Figure(
        name="saving",
        what="a WordPress page over a fresh connection, p95, while a backup of its site runs",
        unit="ms",
        value=value,
        floor=floor,
        floor_is="while none runs",
        reach=floor * TIMES,
        reach_is=f"{TIMES} times the floor",
        runs=len(during),
        lines=[f"middle {middle(during):.1f} ms, while none runs {middle(before):.1f} ms"],
        details={"before": before, "during": during},
    )


def _saved(web: Web, site: Site) -> Backup:
    operation = _begun(web, site)
    wait_for_end(operation)
    return Backup.objects.select_related("server").get(pk=operation.params["backup_id"])


def _begun(web: Web, site: Site) -> Operation:
    return _operation(web.ask("POST", BACKUPS, {"site": site.slug}))


def _asked(web: Web, path: str, words: dict[str, str]) -> None:
    wait_for_end(_operation(web.ask("POST", f"{BACKUPS}{path}", words)))


def _operation(answered: tuple[int, str]) -> Operation:
    status, answer = answered
    assert status == 202, (status, answer)
    return Operation.objects.get(pk=json.loads(answer)["operation"]["id"])


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


def _hang_up_photographs(panel: Panel, site: Site) -> None:
    """What no gzip makes smaller."""
    host = panel.host
    owner = host.users.identity(host.places.site_user(site.pk))
    host.files.make_folder_as(owner, site.slug, "public/wp-content/uploads/bench")
    folder = host.places.public(site.slug) / "wp-content" / "uploads" / "bench"
    for number in range(PHOTOGRAPHS):
        file = folder / f"{number}.jpg"
        file.write_bytes(os.urandom(PHOTOGRAPH))
        os.chown(file, owner.uid, owner.gid)
    os.sync()


def _visited(front: Front, host: str, times: int) -> list[float]:
    """Milliseconds of each."""
    took = []
    for _ in range(times):
        begin = time.perf_counter()
        page = front.get(host)
        took.append((time.perf_counter() - begin) * 1000)
        assert page is not None, "no answer"
        assert page.status == 200, page.body[:300]
    return took


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)] if values else 0.0
