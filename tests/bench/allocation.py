"""What 16 clients at once wait for a port, a slug and the records of a site, among few sites and among many."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import override_settings

from apps.lifecycle.site import create_site
from apps.operations.asking import Ask
from apps.sites.models import Site
from tests.bench.asking import number
from tests.bench.figure import Figure, middle, spread
from tests.bench.private import Panel
from tests.bench.quiet import SERVER, quiet_server

RUNS = 1
CLIENTS = 16
FEW, MANY, WINDOW = 10, 1000, 100
REACH = 1.5
WHAT = f"a site's records, port and slug, {CLIENTS} clients at once, at {MANY} sites"


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    assert panel.identity
    quiet_server()
    user = User.objects.create_superuser(f"bench-{next(number)}")
    few, many = [], []
    with override_settings(SERVER=SERVER), ThreadPoolExecutor(CLIENTS) as clients:
        for _ in range(runs):
            Site.objects.filter(server__name=SERVER).delete()
            _make(clients, user, FEW)
            few.append(_make(clients, user, WINDOW))
            _make(clients, user, MANY - FEW - 2 * WINDOW)
            many.append(_make(clients, user, WINDOW))
            _assert_all_differ()
        list(clients.map(lambda _: connection.close(), range(CLIENTS * 4)))
    return Figure(
        name="allocation",
        what=WHAT,
        unit="ms",
        value=middle(many),
        floor=middle(few),
        floor_is=f"the same at {FEW} sites",
        reach=REACH * middle(few),
        reach_is=f"{REACH:g} x",
        runs=runs,
        lines=[f"no request failed; at {MANY} sites from {spread(many, 'ms')}"],
        details={"few": few, "many": many},
    )


def _make(clients: ThreadPoolExecutor, user: User, sites: int) -> float:
    """Milliseconds a site, until the last one's records stand. All sites have one name, the worst for their slugs."""
    begin = time.perf_counter()
    list(clients.map(lambda one: _ask(user, one), [next(number) for _ in range(sites)]))
    return (time.perf_counter() - begin) * 1000 / sites


def _ask(user: User, one: int) -> None:
    create_site(Ask(user, "bench"), "Shop", "custom", f"allocation-{one}.localhost", database=True)


def _assert_all_differ() -> None:
    sites = Site.objects.filter(server__name=SERVER)
    assert sites.count() == MANY
    for field in ("port", "slug"):
        assert len(set(sites.values_list(field, flat=True))) == MANY, f"two sites have one {field}"
