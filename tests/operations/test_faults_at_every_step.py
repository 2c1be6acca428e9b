"""Every flow about a site that is there, with a part of the machine away, or the disk full, at each step that needs it.

An outage that passes ends in *done*; one that stays in *undone*, with the machine as it was: nothing lost, nothing
half. What a stopped MariaDB and a stopped Caddy really look like to the drivers, the tests of the creation know.
"""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path

import pytest
from django.utils.timezone import now

from apps.host.host import Host
from apps.operations import engine
from apps.operations.models import Hold, Operation
from apps.sites.models import Site
from tests.operations.crashing import Loop, site
from tests.operations.inventory import inventory
from tests.operations.test_crash import before, unsent
from tests.parts.faults import Fault, away, full_disk

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
MODULES = sorted(path.stem for path in Path(__file__).parent.glob("test_crash_*.py"))
LOOPS: dict[str, Loop] = {
    loop.flow.name: loop
    for name in MODULES
    for loop in getattr(import_module(f"tests.operations.{name}"), "LOOPS", {}).values()
}
SOON = 0.05
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


def steps_that_need(trouble: Fault, loop: Loop, host: Host, site: Site) -> list[int]:
    """The places of those that ask the part for something. All is as before afterwards."""
    operation, found = loop.ask(fresh(site)), []
    for step in range(len(loop.flow.lines)):
        trouble.asked.clear()
        while operation.lines.filter(status="done").count() <= step and not operation.ended:
            advance(operation, trouble.host(host))
        found += [step] if trouble.asked else []
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


@pytest.mark.parametrize("fault", ["mysql", "front"])
@pytest.mark.parametrize("flow", LOOPS)
def test_an_outage_at_any_step_that_passes_ends_in_done(flow: str, fault: str, machine: Host, site: Site) -> None:
    loop = LOOPS[flow]
    loop.ready(machine, site)
    was = inventory(machine)
    for step in steps_that_need(FAULTS[fault](), loop, machine, site):
        trouble = FAULTS[fault]()
        operation = begun(loop, site, machine, step)
        with trouble.happening():
            advance(operation, trouble.host(machine))
        to_the_end(operation, machine)
        assert operation.status == "done", f"{fault} away at step {step + 1}: {operation.error}"
        loop.complete(machine, site)
        loop.reset(machine, site)
        assert inventory(machine) == was, f"{fault} away at step {step + 1}"
        assert not Hold.objects.exists()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("flow", LOOPS)
def test_a_fault_at_any_step_that_stays_is_taken_back_whole(
    flow: str, fault: str, machine: Host, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.operations.patience.has_run_out", lambda operation: operation.status != "undoing")
    loop = LOOPS[flow]
    loop.ready(machine, site)
    was = inventory(machine)
    for step in steps_that_need(FAULTS[fault](), loop, machine, site):
        trouble = FAULTS[fault]()
        operation = begun(loop, site, machine, step)
        with trouble.happening():
            advance(operation, trouble.host(machine))
        to_the_end(operation, machine)
        told = f"{fault} at step {step + 1}: {operation.status} {operation.error}"
        if trouble.struck and not loop.flow.past_return({line.key for line in operation.lines.all()}):
            assert operation.status == "undone", told
            assert operation.error.endswith("."), told
        else:
            assert operation.status == "done", told
            loop.complete(machine, site)
            loop.reset(machine, site)
        assert inventory(machine) == was, told
        assert not Hold.objects.exists()
