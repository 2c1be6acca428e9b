"""A move to another runtime, killed at every point, forward and back: afterwards the site runs where it should.

One site is moved to and fro. Every second move ends on the runtime that it began on, as the machine was before.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from apps.host.host import Host
from apps.host.supervisor import find
from apps.lifecycle.runtime import SWITCH, switch_runtime
from apps.operations.asking import Ask
from apps.operations.models import Hold, Operation
from apps.sites.models import Site
from apps.workers.roster import worker_of
from tests.operations.inventory import Inventory, inventory
from tests.operations.killing import Killer, Recorder, in_a_child, watching
from tests.operations.points import to_kill
from tests.operations.test_crash import ask_for_a_site, before, drive, take_back, unsent
from tests.parts.runtimes import a_runtime, second

__all__ = ["before", "second", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
STEPS = len(SWITCH.lines)


@pytest.fixture
def site(machine: Host, before: Inventory, second: Path) -> Iterator[Site]:
    """On the first of two runtimes."""
    a_runtime("other", second)
    operation = ask_for_a_site()
    drive(operation.pk, machine)
    yield Site.objects.get(pk=operation.subject_id)
    take_back(operation.pk, machine)


def other_of(site: Site) -> str:
    site.refresh_from_db()
    return "other" if site.runtime.name == "first" else "first"


def ask(site: Site) -> Operation:
    return switch_runtime(Ask(user=None, door="test"), site, other_of(site))


def passed(host: Host, site: Site, refuse_after: int | None = None) -> list[str]:
    operation = ask(site)
    with watching(Recorder(refuse_after)) as recorder:
        drive(operation.pk, host)
    return recorder.passed


def crash(host: Host, site: Site, at: int, refuse_after: int | None = None) -> Operation:
    """Ask for a move, kill its runner at point number *at*, and let the next runner carry on."""
    operation = ask(site)

    def run_into_it() -> None:
        with watching(Killer(at, refuse_after)):
            drive(operation.pk, host)

    assert in_a_child(run_into_it) == signal.SIGKILL
    left = STEPS - operation.lines.filter(status="done").count()
    with watching(Recorder(refuse_after and left)):
        drive(operation.pk, host)
    operation.refresh_from_db()
    return operation


def runs_on(site: Site, host: Host) -> str:
    """The runtime of the program that really runs; it is the one of the records, or nothing is said."""
    site = Site.objects.select_related("runtime").get(pk=site.pk)
    server = find.server(worker_of(site, host))
    config = settings.PLACES.worker_config(site.pk).read_text()
    right = server is not None and find.binary(server) == Path(site.runtime.path) and f":{site.port}" in config
    return site.runtime.name if right else ""


def test_a_move_killed_at_any_point_is_complete_afterwards(machine: Host, site: Site) -> None:
    points, was = [passed(machine, site), passed(machine, site)][1], inventory(machine)
    for at, name in to_kill(SWITCH.name, "forward", enumerate(points)):
        wanted = other_of(site)
        operation = crash(machine, site, at)
        assert operation.status == "done", f"killed at {at} {name}: {operation.error}"
        assert runs_on(site, machine) == wanted, f"killed at {at} {name}"
        assert not Hold.objects.exists()
    if other_of(site) == "first":
        passed(machine, site)
    assert inventory(machine) == was


def test_a_move_back_killed_at_any_point_leaves_the_site_as_it_was(machine: Host, site: Site) -> None:
    points, was = passed(machine, site, refuse_after=STEPS), inventory(machine)
    begun = len(points) - 1 - points[::-1].index("engine.after-the-act")
    assert runs_on(site, machine) == "first"
    for at, name in to_kill(SWITCH.name, "undoing", list(enumerate(points))[begun:]):
        operation = crash(machine, site, at, refuse_after=STEPS)
        assert operation.status == "undone", f"killed at {at} {name}: {operation.error}"
        assert runs_on(site, machine) == "first", f"killed at {at} {name}"
        assert inventory(machine) == was, f"killed at {at} {name}"
