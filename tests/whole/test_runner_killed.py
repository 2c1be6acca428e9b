"""A real Celery runner under supervisord, really killed: the operation ends without a hand, and nothing is left over.

The crash loop goes through every point; here one of each kind goes through everything that a panel consists of.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from apps.host.caddy import Front
from apps.host.services import STARTED
from tests.operations.inventory import Inventory, outside
from tests.whole.orders import SECOND, Orders, control, obedient_runners
from tests.whole.panel import ROOT, Panel, until

pytestmark = [pytest.mark.host, pytest.mark.backend]
WITHIN = 60.0
NUMBER = itertools.count(1)
STEPS = 12
LINE, ACT, UNDO = "engine.before-the-line", "engine.after-the-act", "engine.before-the-undo"


@pytest.fixture(scope="module")
def orders(panel: Panel) -> Iterator[Orders]:
    with obedient_runners(panel) as orders:
        yield orders


@pytest.fixture(autouse=True)
def _fresh(orders: Orders) -> Iterator[None]:
    orders.clear()
    yield
    orders.clear()


class Creation:
    """A site asked for at the command line, without waiting for it."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.before = look(panel)
        number = next(NUMBER)
        asked = [f"Killed {number}", "--kind", "custom", "--domain", f"killed-{number}.localhost", "--database"]
        self.accepted = panel.done("site", "create", *asked, "--no-wait", "--format", "json").json
        self.id = self.accepted["operation"]["id"]

    def ends(self) -> dict[str, Any]:
        """Wait for the end, and return the operation as it then is."""
        said = self.panel("operation", "watch", self.id, "--format", "json", timeout=WITHIN + 30)
        return dict(said.json)

    def assert_complete(self) -> None:
        """The site is there with all that belongs to it, once, and answers."""
        site, found = self.accepted["site"], look(self.panel)
        added = {place: _added(self.before[place], found[place]) for place in found if place != "routes"}
        name = added["databases"][0]
        assert added["users"] == ([self.panel.places.site_user(site["id"])] if ROOT else [])
        assert (added["databases"], added["accounts"]) == ([name], [f"{name}@localhost"])
        assert len(added["grants"]) == len(added["processes"]) == 1
        assert added["listeners"] == [site["port"]]
        assert {f"sites/{site['slug']}", f"logs/{site['slug']}"} <= set(added["folders"])
        assert not [path for path in added["folders"] if path.startswith("locks/")]
        host = site["domains"][0]
        assert set(found["routes"]) - set(self.before["routes"]) == {host, f"http://{host}"}
        assert found["routes"][host] == f"127.0.0.1:{site['port']}"
        assert held(self.panel) == []
        assert self.panel.ask(host, "/").status == 200

    def assert_never_happened(self) -> None:
        assert look(self.panel) == self.before
        assert held(self.panel) == []
        assert self.panel("site", "show", self.accepted["site"]["id"]).code == 3


def look(panel: Panel) -> Inventory:
    """What is there when nobody is at work: an operation has ended a moment before its runner lets go of its lock."""
    until(lambda: not [*panel.places.locks.glob("operation-*")], 10, "the last operation's lock to be given back")
    front = Front(panel.places.front_admin, Path(panel.settings["FRANKENPHP_BIN"]))
    return outside(panel.places, front, panel.site_ports)


def held(panel: Panel) -> list[tuple[str]]:
    """What is held for an operation."""
    return panel.records("SELECT resource FROM operations_hold")


def _added(before: list[Any], after: list[Any]) -> list[Any]:
    return sorted((Counter(after) - Counter(before)).elements())


@pytest.mark.parametrize(
    ("point", "nth", "how"),
    [
        pytest.param(LINE, 4, "group", id="before a line: the runner"),
        pytest.param("engine.between-line-and-act", 5, "child", id="between line and act: its child"),
        pytest.param("mysql.account-made", 1, "group", id="inside the database driver: the runner"),
        pytest.param("supervisor.launched", 1, "child", id="inside the supervisor: its child"),
        pytest.param(ACT, 9, "group", id="after an act: the runner"),
    ],
)
def test_a_creation_whose_runner_is_killed_is_done_within_a_minute(
    panel: Panel, orders: Orders, point: str, nth: int, how: str
) -> None:
    orders.give(point, how, nth)
    creation = Creation(panel)
    operation = creation.ends()
    assert orders.obeyed(how), f"{point} was not passed"
    assert operation["status"] == "done", operation
    assert time.time() - orders.obeyed_at(how) < WITHIN
    creation.assert_complete()


@pytest.mark.parametrize("how", ["group", "child"])
def test_an_undoing_whose_runner_is_killed_leaves_nothing_within_a_minute(
    panel: Panel, orders: Orders, how: str
) -> None:
    orders.give(ACT, "refuse", STEPS)
    orders.give(UNDO, how, 4)
    creation = Creation(panel)
    operation = creation.ends()
    assert orders.obeyed("refuse") and orders.obeyed(how)
    assert (operation["status"], operation["error"]) == ("undone", "Told to refuse.")
    assert time.time() - orders.obeyed_at(how) < WITHIN
    creation.assert_never_happened()


def test_a_creation_is_done_though_first_a_child_and_then_the_runner_is_killed(panel: Panel, orders: Orders) -> None:
    orders.give(ACT, "child", 3)
    orders.give(LINE, "group", 10)
    creation = Creation(panel)
    assert creation.ends()["status"] == "done"
    creation.assert_complete()


def test_a_broker_that_loses_every_message_costs_seconds(panel: Panel, orders: Orders) -> None:
    orders.give(LINE, "stop", 4)
    creation = Creation(panel)
    until(lambda: orders.obeyed("stop"), what="the fourth step")
    begun = time.monotonic()
    with always_emptied(panel):
        orders.wake()
        assert creation.ends()["status"] == "done"
    assert time.monotonic() - begun < WITHIN
    creation.assert_complete()


@contextmanager
def always_emptied(panel: Panel) -> Iterator[None]:
    ended = Event()

    def empty() -> None:
        while not ended.wait(0.001):
            panel.lose_messages()

    thread = Thread(target=empty)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.fixture
def second(orders: Orders) -> Iterator[None]:
    """Another runner for the same queue."""
    orders.start(SECOND)
    yield
    control(orders.panel, "stop", SECOND)


@pytest.mark.usefixtures("second")
def test_two_runners_of_one_queue_do_each_step_once(panel: Panel, orders: Orders) -> None:
    creations = [Creation(panel) for _ in range(3)]
    for creation in creations:
        assert creation.ends()["status"] == "done"
    assert len(orders.passed(ACT)) == STEPS * len(creations)
    pids = {os.getpgid(pid) for pid in orders.passed(ACT)}
    assert pids == {panel.pid("runner"), panel.pid(SECOND)}


@pytest.mark.usefixtures("second")
def test_a_runner_that_stood_still_past_its_lease_does_its_step_once(panel: Panel, orders: Orders) -> None:
    orders.give("mysql.account-made", "stop")
    creation = Creation(panel)
    until(lambda: orders.obeyed("stop"), what="the database")
    long_ago = "lease_until = '2020-01-01', due_at = '2020-01-01'"
    panel.records(f"UPDATE operations_operation SET {long_ago} WHERE ended_at IS NULL")  # noqa: S608 - no input
    time.sleep(6)  # both runners have looked for what is abandoned
    assert len(orders.passed("engine.between-line-and-act")) == 5
    orders.wake()
    assert creation.ends()["status"] == "done"
    assert len(orders.passed(ACT)) == STEPS
    creation.assert_complete()


def test_beat_and_web_that_are_killed_come_back(panel: Panel) -> None:
    for server in ("beat", "web", "runner-long"):
        pid = panel.pid(server)
        group = {one for one in panel.processes() if _group_of(one) == pid}
        os.kill(pid, signal.SIGKILL)
        until(lambda: panel.pid(server) not in (0, pid), what=f"{server}'s return")  # noqa: B023 - called at once
        until(lambda: not group & set(panel.processes()), what=f"the end of the old {server}")  # noqa: B023
    until(lambda: panel.ask("panel.localhost", "/up").status == 200, what="an answer of the panel")
    until(lambda: _states(panel) == {STARTED}, what="every server's return")


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _states(panel: Panel) -> set[str]:
    rows = panel("status", "--format", "json").json
    return {row["state"] for row in rows if row["name"] in ("beat", "web", "runner", "runner-long", "runner-cron")}
