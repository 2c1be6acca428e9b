"""What a request to create a site costs: through gunicorn, beside the same rows written by the ORM."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import transaction

from apps.audit.models import AuditRow
from apps.databases.models import Database
from apps.domains.models import Domain
from apps.operations.models import Hold, Operation
from apps.servers.local.programs import WEB
from apps.servers.models import Server
from apps.sites.models import Site
from tests.bench.asking import SITES, number, token
from tests.bench.figure import Figure, middle, spread
from tests.bench.private import Panel
from tests.bench.quiet import SERVER, quiet_server
from tests.bench.web import Web, gunicorn

RUNS = 60
WARM_UP = 10
WHAT = "POST /api/v1/sites/ → 202 through gunicorn on its Unix socket"
TIMES, MORE = 3.0, 10.0


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    assert panel.identity
    server = quiet_server()
    posts, rows = [], []
    with _web(panel) as web:
        for count in range(-WARM_UP, runs):
            post, floor = _post(web), _rows(server)
            if count >= 0:
                posts.append(post * 1000)
                rows.append(floor * 1000)
    value, floor = middle(posts), middle(rows)
    return Figure(
        name="request",
        what=WHAT,
        unit="ms",
        value=value,
        floor=floor,
        floor_is="the same rows inserted by the ORM",
        reach=TIMES * floor + MORE,
        reach_is="3 x + 10 ms",
        runs=runs,
        lines=[f"requests from {spread(posts, 'ms')}, rows from {spread(rows, 'ms')}"],
        details={"requests": posts, "rows": rows},
    )


@contextmanager
def _web(panel: Panel) -> Iterator[Web]:
    """gunicorn as the panel starts it, for the server that has no runners."""
    with gunicorn(panel, {**WEB, "FRANKENPANEL_SERVER": SERVER}) as socket:
        yield Web(socket, token())


def _post(web: Web) -> float:
    one = next(number)
    body = {"name": f"Bench {one}", "kind": "wordpress", "domain": f"bench-{one}.localhost"}
    begin = time.perf_counter()
    status, answer = web.ask("POST", SITES, body)
    seconds = time.perf_counter() - begin
    assert status == 202, (status, answer)
    return seconds


def _rows(server: Server) -> float:
    one = next(number)
    owner, runtime = User.objects.order_by("-id").first(), server.runtimes.first()
    assert owner and runtime
    begin = time.perf_counter()
    with transaction.atomic():
        site = Site.objects.create(
            name=f"Row {one}", slug=f"row-{one}", kind="wordpress", server=server, runtime=runtime, port=40_000 + one,
            owner=owner,
        )  # fmt: skip
        domain = Domain.objects.create(site=site, host=f"row-{one}.localhost", primary=True)
        database = Database.objects.create(site=site, name=f"fp_row_{one}")
        params = {"site_id": site.pk, "domain_id": domain.pk, "database_id": database.pk, "holds": [f"site:{site.pk}"]}
        operation = Operation.objects.create(
            flow="site.create", subject_kind="site", subject_id=site.pk, subject_label=site.name, server=server,
            queue=f"server.{SERVER}", asked_by=owner, asker=owner.username, door="bench", params=params,
        )  # fmt: skip
        Hold.objects.create(resource=f"site:{site.pk}", operation=operation)
        AuditRow.objects.create(
            user=owner, name=owner.username, door="bench", action="site.create", outcome=AuditRow.Outcome.ACCEPTED,
            subject_kind="site", subject_id=site.pk, subject_label=site.name, operation_id=operation.pk,
        )  # fmt: skip
    return time.perf_counter() - begin
