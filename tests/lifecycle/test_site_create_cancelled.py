"""A creation that is cancelled, through each door, before or in the middle of a step: it goes back to nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apps.host.host import Host
from apps.host.sources import Sources
from apps.operations.models import Operation
from apps.operations.sweeper import sweep
from tests.lifecycle.driving import ask, assert_undone, drive
from tests.lifecycle.three_doors import Door
from tests.operations.inventory import Inventory

pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("step", ["site-user", "worker-config", "caddy-reload"])
def test_a_creation_that_is_cancelled_between_two_steps_goes_back(
    machine: Host, before: Inventory, door: Door, step: str
) -> None:
    operation = drive(ask(database=False), machine, before=step)
    assert door.cancel(operation.pk).status == 202
    assert_undone(drive(operation, machine), machine, before, "Cancelled.")


def test_a_creation_that_is_cancelled_in_the_middle_of_a_step_goes_back(
    machine: Host, before: Inventory, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copying tells how far it is, and hears then that it is wanted no more."""
    operation = ask(kind="wordpress")
    tree = Sources.tree

    def cancelled_meanwhile(sources: Sources, *what: Any) -> Path:
        door.cancel(operation.pk)
        return tree(sources, *what)

    monkeypatch.setattr(Sources, "tree", cancelled_meanwhile)
    drive(operation, machine)
    assert_undone(operation, machine, before, "Cancelled.")
    assert operation.failed_step == "application-files"
    assert "database" not in operation.lines.values_list("key", flat=True)


def test_a_creation_that_is_done_is_cancelled_no_more(machine: Host, before: Inventory, door: Door) -> None:
    operation = drive(ask(database=False), machine)
    told = door.cancel(operation.pk)
    assert told.status == 409
    assert door.name == "admin" or "has ended (done)" in told.sentence
    operation.refresh_from_db()
    assert (operation.status, operation.cancel_asked) == ("done", False)


def test_a_cancelled_creation_that_nobody_was_told_of_goes_back(
    machine: Host, before: Inventory, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is lost: the sweeper finds it."""
    operation = drive(ask(database=False), machine, before="worker-config")
    door.cancel(operation.pk)
    long_ago = operation.created_at.replace(year=2020)
    Operation.objects.filter(pk=operation.pk).update(due_at=long_ago)
    monkeypatch.setattr("apps.operations.sweeper.this_host", lambda: machine)
    sweep([operation.queue])
    operation.refresh_from_db()
    assert_undone(operation, machine, before, "Cancelled.")
