"""PostgreSQL stopped at once, without a shutdown, at every step of a creation: it goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError, close_old_connections
from django.utils.timezone import now

from apps.host.errors import Refused
from apps.host.host import Host
from apps.lifecycle.site import CREATE
from apps.operations import engine, sweeper
from apps.operations.models import Operation
from tests import environment
from tests.lifecycle.driving import next_step
from tests.operations.inventory import Inventory, inventory
from tests.operations.killing import watching
from tests.operations.test_crash import ask_for_a_site, assert_complete, before, take_back, unsent

__all__ = ["before", "unsent"]
pytestmark = [
    pytest.mark.host,
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(environment.DATABASE is None, reason="SQLite is no server that could be stopped"),
]
KEYS = [line.key for line in CREATE.lines]
FORWARD = ("engine.before-the-line", "engine.between-line-and-act", "engine.after-the-act")
BACK = ("engine.before-the-undo", "engine.after-the-undo")
INSIDE = "inside the act"
Place = tuple[str, str]
"""A step's key, and where it was."""


class Stopper:
    """Stops PostgreSQL at the first pass of each place. With *refuses* the last step is refused then."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.step = ""
        self.stopped: list[Place] = []

    def __call__(self, name: str) -> None:
        place = (self.step, name if name.startswith("engine.") else INSIDE)
        if self.refuses and place == (KEYS[-1], FORWARD[-1]):
            raise Refused("Told to refuse.")
        if place not in self.stopped and self.refuses == (self.step[:5] == "undo "):
            self.stopped.append(place)
            environment.DATABASE.stop()  # type: ignore[union-attr]


def drive(operation: Operation, host: Host, stopper: Stopper) -> Operation:
    """What runners do: whoever finds the database away leaves the operation alone, and one comes back to it."""
    with watching(stopper):  # type: ignore[arg-type]
        while not operation.ended:
            time.sleep(max(0.0, (operation.due_at - now()).total_seconds()))
            stopper.step = at(operation)
            seen = len(stopper.stopped)
            try:
                engine.advance(operation.pk, lambda: host)
            except engine.DATABASE_AWAY:
                assert len(stopper.stopped) > seen
            if len(stopper.stopped) > seen:
                environment.DATABASE.start()  # type: ignore[union-attr]
                close_old_connections()  # as a task does before and after
            operation.refresh_from_db()
    return operation


def at(operation: Operation) -> str:
    if operation.status != Operation.Status.UNDOING:
        return next_step(operation)
    row = operation.lines.exclude(status="undone").order_by("-position").first()
    return f"undo {row.key}" if row else "undo all"


@pytest.fixture(autouse=True)
def _always_up() -> Iterator[None]:
    yield
    if environment.DATABASE and environment.DATABASE.process is None:
        environment.DATABASE.start()
    close_old_connections()


def test_a_creation_whose_database_is_stopped_at_each_place_of_each_step_is_complete(
    machine: Host, before: Inventory
) -> None:
    operation, stopper = ask_for_a_site(), Stopper()
    drive(operation, machine, stopper)
    assert (operation.status, operation.error, operation.failed_step) == ("done", "", "")
    assert {(key, place) for key in KEYS for place in FORWARD} <= set(stopper.stopped)
    assert len([place for _, place in stopper.stopped if place == INSIDE]) > len(KEYS) / 2
    assert "engine.before-the-end" in [place for _, place in stopper.stopped]
    assert [(line.key, line.status, line.error) for line in operation.lines.all()] == [
        (key, "done", "") for key in KEYS
    ]
    assert_complete(machine, operation, before)
    take_back(operation.pk, machine)


def test_an_undoing_whose_database_is_stopped_at_each_place_of_each_step_leaves_nothing(
    machine: Host, before: Inventory
) -> None:
    operation, stopper = ask_for_a_site(), Stopper(refuses=True)
    drive(operation, machine, stopper)
    assert (operation.status, operation.error) == ("undone", "Told to refuse.")
    assert {(f"undo {key}", place) for key in KEYS for place in BACK} <= set(stopper.stopped)
    assert inventory(machine) == before


def test_the_sweeper_works_again_once_the_database_is_back_though_no_task_has_come() -> None:
    """A pool's process keeps its connection, and only tasks used to look whether it is broken."""
    assert sweeper.sweep(["server.local"]) == 0
    environment.DATABASE.stop()  # type: ignore[union-attr]
    with pytest.raises(OperationalError):
        sweeper.sweep(["server.local"])
    environment.DATABASE.start()  # type: ignore[union-attr]
    assert sweeper.sweep(["server.local"]) == 0
