"""Every flow about a site that is there, with a part of the machine away, or the disk full, at each step that needs it.

An outage that passes ends in *done*; one that stays in *undone*, with the machine as it was: nothing lost, nothing
half. What a stopped MariaDB and a stopped Caddy really look like to the drivers, the tests of the creation know.
"""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import pytest
from django.utils.timezone import now

from apps.host.host import Host
from apps.operations import engine
from apps.operations.models import Hold, Operation
from apps.sites.models import Site
from tests.operations.crashing import Loop, site
from tests.operations.inventory import Inventory, inventory
from tests.operations.test_crash import before, unsent
from tests.parts.faults import away, full_disk

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
MODULES = sorted(path.stem for path in Path(__file__).parent.glob("test_crash_*.py"))
LOOPS: dict[str, Loop] = {
    loop.flow.name: loop
    for name in MODULES
    for loop in getattr(import_module(f"tests.operations.{name}"), "LOOPS", {}).values()
}
SOON = 0.05
PASSING = ("mysql", "front")
"""A disk is full until somebody makes room: nothing waits for that."""
FAULTS = {"mysql": lambda: away("mysql"), "front": lambda: away("front"), "disk": full_disk}


def fresh(site: Site) -> Site:
    return Site.objects.select_related("server", "runtime").get(pk=site.pk)


def advance(operation: Operation, host: Host) -> Operation:
    """One try of its next step, whose time has come: nobody waits for a part that is back by now."""
    time.sleep(min(SOON, max(0.0, (operation.due_at - now()).total_seconds())))
    Operation.objects.filter(pk=operation.pk, ended_at=None).update(due_at=now())
    engine.advance(operation.pk, lambda: host)
    operation.refresh_from_db()
    return operation


def to_the_end(operation: Operation, host: Host) -> None:
    while not operation.ended:
        advance(operation, host)


def steps_that_need(loop: Loop, host: Host, site: Site) -> list[tuple[str, int]]:
    """Each fault, with the places of the steps that ask its part for something. All is as before afterwards."""
    operation, found, troubles = loop.ask(fresh(site)), [], {name: make() for name, make in FAULTS.items()}
    for trouble in troubles.values():
        host = trouble.host(host)
    for step in range(len(loop.flow.lines)):
        for trouble in troubles.values():
            trouble.asked.clear()
        while operation.lines.filter(status="done").count() <= step and not operation.ended:
            advance(operation, host)
        found += [(name, step) for name, trouble in troubles.items() if trouble.asked]
    assert operation.status == "done", operation.error
    loop.complete(host, site)
    loop.reset(host, site)
    return found


def begun(loop: Loop, site: Site, host: Host, steps: int) -> Operation:
    """Asked for, and carried out as far as its first *steps* steps."""
    operation = loop.ask(fresh(site))
    while operation.lines.filter(status="done").count() < steps and not operation.ended:
        advance(operation, host)
    return operation


@pytest.mark.parametrize("flow", LOOPS)
def test_a_fault_at_any_step_ends_in_done_if_it_passes_and_is_taken_back_whole_if_it_stays(
    flow: str, machine: Host, site: Site
) -> None:
    loop = LOOPS[flow]
    loop.ready(machine, site)
    was = inventory(machine)
    for fault, step in steps_that_need(loop, machine, site):
        if fault in PASSING:
            it_passes(fault, step, loop, machine, site)
            all_is_as_it_was(was, machine, f"{fault} away for a while at step {step + 1}")
        it_stays(fault, step, loop, machine, site)
        all_is_as_it_was(was, machine, f"{fault} for good at step {step + 1}")


def it_passes(fault: str, step: int, loop: Loop, host: Host, site: Site) -> None:
    operation, _ = met(fault, step, loop, host, site)
    assert operation.status == "done", f"{fault} away at step {step + 1}: {operation.error}"
    loop.complete(host, site)
    loop.reset(host, site)


def it_stays(fault: str, step: int, loop: Loop, host: Host, site: Site) -> None:
    """For as long as there is patience, which has no end past the point of no return."""
    with patch("apps.operations.patience.has_run_out", lambda operation: operation.status != "undoing"):
        operation, struck = met(fault, step, loop, host, site)
    told = f"{fault} at step {step + 1}: {operation.status} {operation.error}"
    if struck and not loop.flow.past_return({line.key for line in operation.lines.all()}):
        assert operation.status == "undone", told
        assert operation.error.endswith("."), told
    else:
        assert operation.status == "done", told
        loop.complete(host, site)
        loop.reset(host, site)


def met(fault: str, step: int, loop: Loop, host: Host, site: Site) -> tuple[Operation, bool]:
    """An operation that meets the fault at that step, carried out to its end, and whether anything failed with it."""
    trouble, operation = FAULTS[fault](), begun(loop, site, host, step)
    with trouble.happening():
        advance(operation, trouble.host(host))
    to_the_end(operation, host)
    return operation, bool(trouble.struck)


def all_is_as_it_was(was: Inventory, host: Host, told: str) -> None:
    assert inventory(host) == was, told
    assert not Hold.objects.exists()
