"""Two servers with one database and one broker: each carries out its own sites' operations, and nobody else's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from celery import Celery

from apps.operations.sweeper import EVERY
from tests.operations.inventory import Inventory
from tests.parts.postgresql import PostgreSQL
from tests.parts.redis import Redis
from tests.servers.own_panel import own_panel
from tests.whole.orders import control
from tests.whole.panel import ROOT, Panel, addresses_of, until
from tests.whole.test_runner_killed import look

pytestmark = pytest.mark.host
NAMES = ("a", "b")
RUNNERS = ("runner", "runner-long")
LATE = "UPDATE operations_operation SET due_at = due_at - interval '1 minute' WHERE ended_at IS NULL RETURNING id"
"""So late that a sweeper carries it out without a message, the next time it looks."""


@pytest.fixture(scope="module")
def servers(database: PostgreSQL, broker: Redis) -> Iterator[list[Panel]]:
    """``server.a`` and ``server.b``, each with its own root, ports, MariaDB and front. The start is told its name."""
    addresses = addresses_of(database, broker, "two")
    with ExitStack() as stack:
        panels = [Panel(stack.enter_context(own_panel()).root, addresses) for _ in NAMES]
        for panel, name in zip(panels, NAMES, strict=True):
            panel.done("up", FRANKENPANEL_SERVER=name)
        yield panels
        for panel in panels:
            panel.done("down")
            assert panel.wait_for_no_processes() == {}


def create(panel: Panel, name: str, *more: str) -> dict[str, object]:
    asked = [name, "--kind", "custom", "--domain", f"{name}.localhost", "--database", *more, "--format", "json"]
    return dict(panel.done("site", "create", *asked).json)


def added(before: Inventory, after: Inventory) -> dict[str, list[object]]:
    lists = [place for place in after if isinstance(after[place], list | dict)]
    return {place: sorted(set(after[place]) - set(before[place])) for place in lists}


def test_a_site_lies_on_the_server_that_it_was_asked_for_on_alone(servers: list[Panel]) -> None:
    for mine, other, name in ((servers[0], servers[1], "anna"), (servers[1], servers[0], "bert")):
        before, elsewhere = look(mine), look(other)
        site = create(mine, name, "--wait")
        assert look(other) == elsewhere
        found = added(before, look(mine))
        assert site["port"] in mine.site_ports
        assert found["listeners"] == [site["port"]]
        assert found["users"] == ([mine.places.site_user(int(str(site["id"])))] if ROOT else [])
        assert f"sites/{name}" in found["folders"]
        assert len(found["databases"]) == len(found["accounts"]) == 1
        assert set(found["routes"]) == {f"{name}.localhost", f"http://{name}.localhost"}
        assert mine.ask(f"{name}.localhost", "/").status == 200
    assert not set(servers[0].site_ports) & set(servers[1].site_ports)
    rows = servers[0].records("SELECT s.slug, v.name FROM sites_site s JOIN servers_server v ON v.id = s.server_id")
    assert sorted(rows) == [("anna", "a"), ("bert", "b")]


def test_a_server_without_runners_waits_and_the_other_goes_on(servers: list[Panel]) -> None:
    a, b = servers
    before = look(a)
    for runner in RUNNERS:
        control(b, "stop", runner)
    waiting = create(b, "bella", "--no-wait")
    operation = dict(waiting["operation"])["id"]  # type: ignore[call-overload]
    assert b.records(LATE) == [(operation,)]
    with Celery(broker=a.addresses["CELERY_BROKER_URL"]) as celery:
        celery.send_task("operations.advance", kwargs={"operation": operation}, queue="server.a")  # a forged message
    create(a, "alma", "--wait")
    create(a, "arno", "--wait")
    time.sleep(EVERY + 1)
    shown = a.done("operation", "show", operation, "--format", "json").json
    assert (shown["status"], shown["steps"][0]["status"]) == ("pending", "todo")
    for runner in RUNNERS:
        control(b, "start", runner)
    assert b("operation", "watch", operation, "--format", "json", timeout=60).json["status"] == "done"
    until(lambda: b.ask("bella.localhost", "/").status == 200, what="bella's page")
    assert set(added(before, look(a))["routes"]) == {
        f"{scheme}{name}.localhost" for name in ("alma", "arno") for scheme in ("", "http://")
    }


def test_a_server_that_starts_again_starts_its_own_sites_alone(servers: list[Panel]) -> None:
    a, b = servers
    at_work = look(a)["processes"]
    b.done("down")
    assert look(a)["processes"] == at_work
    b.done("up")
    assert {b.ask(f"{name}.localhost", "/").status for name in ("bert", "bella")} == {200}
    assert look(a)["processes"] == at_work
    assert len(look(b)["processes"]) == 2
