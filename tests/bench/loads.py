"""Domains come and go, and the front is loaded for each, while a visitor comes over one fresh connection after another.

What is closed before its first byte was in its handshake when the front's old configuration went: Go's server answers
nobody then whose request it has not read. To a visitor in HTTP/2, as every browser is, it says so, and he asks again:
here he does not. The sockets that the front inherits keep whoever it has not even accepted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf

from django.conf import settings

from apps.sites.models import Site
from tests.bench.asking import ask_for_site, number, operation_of, token, wait_for_end
from tests.bench.figure import Figure
from tests.bench.front import Front
from tests.bench.http2 import Http2Front
from tests.bench.load import Seen, Visitor, under_load
from tests.bench.private import Panel
from tests.bench.web import Web

VISITS = 10_000
LOADS = 20
"""Half of them add a domain, half of them remove it."""
PACE = 80
"""Fresh connections in a second, under which the bar was measured."""
LONGEST = 900.0
REACH = 1.0
INHERITS = "FRANKENPANEL_FRONT_INHERITS"


@dataclass(frozen=True)
class Kind:
    """Of visitor: how he speaks, and how often he comes."""

    says: str
    front: type[Front] = Front
    pace: float = PACE


PLAIN = Kind(f"HTTP/1.1, {PACE} a second")
BROWSER = Kind(f"HTTP/2, {PACE} a second", Http2Front)
HASTY = Kind("HTTP/1.1, one after the other", pace=inf)


def measure(panel: Panel, runs: int = 1) -> Figure:
    inherited = {kind: _seen(panel, kind, runs) for kind in (PLAIN, BROWSER, HASTY)}
    with _own_sockets(panel):
        own = _seen(panel, PLAIN, runs)
    wrong = [answer for seen in (*inherited.values(), own) for answer in seen.wrong]
    assert not wrong, f"wrong answers: {wrong[:5]}"
    return Figure(
        name="loads",
        what=f"{LOADS} front loads, a domain added or removed by each: connections closed before the first byte",
        unit="of 1,000",
        value=max(inherited[kind].closed_of_a_thousand for kind in (PLAIN, BROWSER)),
        reach=REACH,
        reach_is="0.1 %",
        runs=runs,
        lines=[
            *(f"with inherited sockets, {kind.says}: {seen.text()}" for kind, seen in inherited.items()),
            f"with its own, {PLAIN.says}: {own.text()}",
        ],
    )


def _seen(panel: Panel, kind: Kind, runs: int) -> Seen:
    panel.up()
    web = Web(panel.places.run / "panel" / "web.sock", token())
    host = f"bench-loads-{next(number)}.localhost"
    operation = ask_for_site(web, "Bench loads", "static", host)
    wait_for_end(operation)
    site = Site.objects.get(pk=operation.subject_id)
    front = kind.front(panel.places, settings.HTTPS_PORT)
    page = front.get(host)
    assert page and page.status == 200, page
    visitor = Visitor(front, host, lambda found: found.body == page.body)
    with under_load(visitor, hands=1, seconds=LONGEST, pace=kind.pace) as seen:
        for load in range(LOADS * runs):
            seen.until(load * VISITS // LOADS)
            _change(web, site, load)
        seen.until(VISITS * runs)
    return seen


def _change(web: Web, site: Site, load: int) -> None:
    """Add a domain, and the next time remove it."""
    further = site.domains.filter(primary=False).first()
    if further is None:
        wanted = {"site": site.slug, "host": f"more-{next(number)}-{load}.localhost"}
        answered = web.ask("POST", "/api/v1/domains/", wanted)
    else:
        answered = web.ask("POST", f"/api/v1/domains/{further.pk}/delete/", {"confirm": further.host})
    wait_for_end(operation_of(answered))


@contextmanager
def _own_sockets(panel: Panel) -> Iterator[None]:
    """The panel with a front that opens its sockets itself."""
    panel.down()
    os.environ[INHERITS], settings.FRONT_INHERITS = "no", False
    try:
        yield
    finally:
        panel.down()
        del os.environ[INHERITS]
        settings.FRONT_INHERITS = True
