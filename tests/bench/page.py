"""A WordPress page through front and worker, beside nginx and php-fpm on the same files."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Thread

from apps.sites.models import Site
from tests.bench.asking import token
from tests.bench.figure import Figure, middle, spread
from tests.bench.front import Front, ask
from tests.bench.nginx import MISSING, installed, nginx
from tests.bench.private import Panel
from tests.bench.site import create
from tests.bench.web import Web

RUNS = 5
REQUESTS = 30
CLIENTS, SECONDS = 4, 2.0
WHAT = "a WordPress home page through front and worker, one request after another"
Connect = Callable[[], http.client.HTTPConnection]


@dataclass(frozen=True)
class Server:
    """One of those that are compared. *times* in milliseconds, *rates* in requests a second."""

    name: str
    host: str
    connect: Connect
    times: list[float]
    rates: list[float]


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    panel.up()
    made = create(panel, Web(panel.places.run / "panel" / "web.sock", token()), stop=False)
    with _servers(panel, Site.objects.get(pk=made.site_id)) as servers:
        for number in range(runs + 1):
            for server in servers:
                times, rate = _one_after_another(server), _at_once(server)
                if number:
                    server.times.append(middle(times))
                    server.rates.append(rate)
    return _figure(servers, runs)


@contextmanager
def _servers(panel: Panel, site: Site) -> Iterator[list[Server]]:
    host = site.hosts[0]
    front = Front(panel.places)
    found = [Server("front and worker", host, lambda: front.connect(host), [], [])]
    with ExitStack() as stack:
        if installed():
            port = stack.enter_context(nginx(panel, site))
            beside = Front(panel.places, port)
            found.append(Server("nginx and php-fpm", host, lambda: beside.connect(host), [], []))
        yield found


def _figure(servers: list[Server], runs: int) -> Figure:
    ours, *others = servers
    floor = middle(others[0].times) if others else None
    rates = [f"{server.name}: {middle(server.rates):.1f} pages a second to {CLIENTS} clients" for server in servers]
    ranges = [f"{server.name}: from {spread(server.times, 'ms', 1)}" for server in servers]
    return Figure(
        name="page",
        what=WHAT,
        unit="ms",
        value=middle(ours.times),
        floor=floor,
        floor_is="nginx and php-fpm, same files, same php.ini, as many PHP workers",
        runs=runs,
        lines=[*ranges, *rates, *([] if others else [MISSING])],
        details={server.name: {"ms": server.times, "pages_a_second": server.rates} for server in servers},
    )


def _one_after_another(server: Server) -> list[float]:
    connection = server.connect()
    times = []
    try:
        for _ in range(REQUESTS):
            begin = time.perf_counter()
            page = ask(connection, server.host)
            times.append((time.perf_counter() - begin) * 1000)
            assert page.status == 200, f"{server.name} answers {page.status}: {page.body[:300]}"
    finally:
        connection.close()
    return times


def _at_once(server: Server) -> float:
    """Pages a second, to several clients that ask as fast as they are answered."""
    counts: list[int] = []
    end = time.monotonic() + SECONDS

    def client() -> None:
        connection, count = server.connect(), 0
        try:
            while time.monotonic() < end:
                assert ask(connection, server.host).status == 200
                count += 1
        finally:
            connection.close()
            counts.append(count)

    clients = [Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return sum(counts) / SECONDS
