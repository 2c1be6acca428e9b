"""A server that is away: the creation waits with the reason shown, and goes on, or back after a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.utils.timezone import now

from apps.databases.models import Database
from apps.host.crash import CrashPoint
from apps.host.host import Host
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.steering import resume
from apps.sites.models import Site
from tests.lifecycle.driving import ask, assert_undone, drive, next_step, tried
from tests.operations.inventory import Inventory, inventory
from tests.parts.front import RunningFront
from tests.parts.mariadb import away

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
SOCKET = settings.PLACES.mysql_socket


@contextmanager
def front_away(front: RunningFront) -> Iterator[None]:
    """Meanwhile the front is dead, killed; afterwards it is started from the file that it accepted last."""
    assert front.process is not None
    front.process.kill()
    front.process.wait()
    try:
        yield
    finally:
        front.start()


def assert_waits(operation: Operation, step: str, reason: str) -> None:
    """It is due again soon, nobody has it, and whoever looks sees why."""
    assert (operation.status, next_step(operation), operation.claimed_by) == ("running", step, "")
    assert reason in operation.reason
    assert operation.due_at > now()


# MariaDB


def test_without_mariadb_a_creation_waits_and_is_undone(machine: Host, before: Inventory) -> None:
    operation = drive(ask(), machine, before="database")
    with away(SOCKET):
        assert_waits(tried(operation, machine), "database", "The database server does not answer")
        drive(operation, machine)
    assert_undone(operation, machine, before, "The database server does not answer")
    waited = operation.ended_at and operation.started_at and operation.ended_at - operation.started_at
    assert waited and waited.total_seconds() >= settings.UNAVAILABLE_SECONDS


def test_when_mariadb_comes_back_the_creation_goes_on(machine: Host, before: Inventory) -> None:
    operation = drive(ask(), machine, before="database")
    with away(SOCKET):
        tried(operation, machine)
    assert (drive(operation, machine).status, operation.reason) == ("done", "")
    assert inventory(machine)["databases"] == sorted([*before["databases"], Database.objects.get().name])


def test_what_mariadb_took_with_it_is_stuck_until_it_is_back(machine: Host, before: Inventory) -> None:
    """It dies between two statements and stays away: the panel says so, keeps the rest, and can be told to go on."""
    operation = drive(ask(), machine, before="database")
    with away_at("mysql.database-made"):
        drive(operation, machine)
        assert (operation.status, operation.failed_step) == ("stuck", "database")
        assert Site.objects.exists()
        assert "does not answer" in operation.lines.get(key="database").undo_error
    assert len(inventory(machine)["databases"]) == len(before["databases"]) + 1
    resume(Ask(user=None, door="test"), operation)
    operation.refresh_from_db()
    assert_undone(drive(operation, machine), machine, before)


@contextmanager
def away_at(point: str) -> Iterator[None]:
    """MariaDB dies at that crash point, and is back at the end."""
    gone = away(SOCKET)
    CrashPoint.passed = lambda name: gone.__enter__() if name == point else None
    try:
        yield
    finally:
        CrashPoint.passed = None
        gone.__exit__(None, None, None)


# The front


@pytest.mark.parametrize("step", ["caddyfile", "caddy-reload"])
def test_without_the_front_a_creation_waits_and_is_undone(
    machine: Host, parts: RunningFront, before: Inventory, step: str
) -> None:
    """It never had the site, so that nothing is stuck though it is away while the rest is taken back."""
    operation = drive(ask(database=False), machine, before=step)
    with front_away(parts):
        assert_waits(tried(operation, machine), step, "The front (Caddy) does not answer")
        drive(operation, machine)
        assert operation.status == "undone"
    assert_undone(operation, machine, before, "The front (Caddy) does not answer; './panel up' starts it again.")


@pytest.mark.parametrize("step", ["caddyfile", "caddy-reload"])
def test_when_the_front_comes_back_the_creation_goes_on(
    machine: Host, parts: RunningFront, before: Inventory, step: str
) -> None:
    operation = drive(ask(database=False), machine, before=step)
    with front_away(parts):
        tried(operation, machine)
    assert drive(operation, machine).status == "done"
    assert "Fault" in parts.get("fault.localhost").body
