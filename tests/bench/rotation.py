"""A database's password rotated while visitors come to pages that log in with it: not one answer may be wrong.

Once for a site that reads its configuration in each request, and once for one that keeps it in memory.
"""

from __future__ import annotations

import time

from apps.host.host import Host
from apps.sites.models import Site
from tests.bench.asking import SITES, ask_for_site, number, operation_of, token, wait_for_end
from tests.bench.figure import Figure, spread
from tests.bench.front import Front
from tests.bench.load import Seen, Visitor, under_load
from tests.bench.private import Panel
from tests.bench.web import Web
from tests.parts.logins import MEMORY, PAGE, is_in

RUNS = 3
BEFORE, AFTER = 200, 200
"""Visits before a rotation begins, and after it has ended."""
FILES = {
    "custom": {"public/index.php": PAGE},
    "laravel": {
        "public/public/index.php": PAGE.replace("/private/", "/"),
        "public/public/frankenphp-worker.php": MEMORY,
    },
}


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    panel.up()
    web = Web(panel.places.run / "panel" / "web.sock", token())
    met: dict[str, Seen] = {}
    took: list[float] = []
    for kind in FILES:
        host = f"bench-rotation-{next(number)}.localhost"
        site = _made(panel.host, web, kind, host)
        with under_load(Visitor(Front(panel.places), host, is_in)) as seen:
            for _ in range(runs):
                seen.until(seen.total + BEFORE)
                took.append(_rotate(web, site))
                seen.until(seen.total + AFTER)
        met[kind] = seen
    return _figure(met, took, runs)


def _made(host: Host, web: Web, kind: str, name: str) -> Site:
    operation = ask_for_site(web, "Bench rotation", kind, name, database=True)
    wait_for_end(operation)
    site = Site.objects.get(pk=operation.subject_id)
    owner = host.users.identity(host.places.site_user(site.pk))
    for file, text in FILES[kind].items():
        host.files.write_as(owner, site.slug, file, text)
    _ask(web, "PATCH", f"{SITES}{site.pk}/", {"memory_limit": "257"})  # which finds the worker's script
    return site


def _rotate(web: Web, site: Site) -> float:
    begin = time.perf_counter()
    _ask(web, "POST", f"/api/v1/databases/{site.databases.get().pk}/rotate/", {})
    return time.perf_counter() - begin


def _ask(web: Web, method: str, path: str, body: dict[str, str]) -> None:
    """Ask, and wait for the end of what that led to."""
    wait_for_end(operation_of(web.ask(method, path, body)))


def _figure(met: dict[str, Seen], took: list[float], runs: int) -> Figure:
    wrong = [answer for seen in met.values() for answer in seen.wrong]
    return Figure(
        name="rotation",
        what="a database's password rotated under a visitor's load: wrong answers",
        unit="answers",
        value=float(len(wrong)),
        reach=0.0,
        reach_is="not one",
        runs=runs * len(met),
        lines=[
            *(f"{kind}: {seen.text()}" for kind, seen in met.items()),
            f"a rotation took from {spread(took, 's')}, most of it both passwords' time",
            *wrong[:5],
        ],
        details={
            kind: {"requests": seen.total, "closed": seen.closed, "wrong": len(seen.wrong)}
            for kind, seen in met.items()
        },
    )
