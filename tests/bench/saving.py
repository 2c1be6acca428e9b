"""A WordPress site that is saved while visitors come: what that costs them.

They come over fresh connections, one after another, before the backups begin and while they run; enough photographs lie
in the site that each backup takes seconds.
"""

from __future__ import annotations

import os
import time

from apps.operations.models import Operation
from apps.sites.models import Site
from tests.bench.asking import ask_of_backups, token, wait_for_end
from tests.bench.figure import Figure, middle
from tests.bench.front import Front
from tests.bench.private import Panel
from tests.bench.site import create
from tests.bench.web import Web

VISITS = 120
"""At least, before and while backups run."""
TIMES = 1.5
PHOTOGRAPHS, PHOTOGRAPH = 300, 1_000_000


def measure(panel: Panel, runs: int = 1) -> Figure:
    """*runs* times so many visits."""
    panel.up()
    web = Web(panel.places.run / "panel" / "web.sock", token())
    site = Site.objects.get(pk=create(panel, web, stop=False).site_id)
    _hang_up_photographs(panel, site)
    front, host = Front(panel.places), site.hosts[0]
    before, until = _visited(front, host, VISITS * runs), time.monotonic() + 120 * runs
    during: list[float] = []
    while len(during) < VISITS * runs and time.monotonic() < until:
        operation = ask_of_backups(web, "", {"site": site.slug})
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
