"""A flow about a site that is there, killed at every point, forward and back."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from apps.databases.models import Database
from apps.host.host import Host
from apps.lifecycle.database_deletion import undelete_database
from apps.lifecycle.site_deletion import undelete_site
from apps.operations.asking import Ask
from apps.operations.flow import Flow
from apps.operations.models import Hold, Operation
from apps.sites.models import Site
from tests.operations.inventory import Inventory, inventory
from tests.operations.killing import Killer, Recorder, in_a_child, watching
from tests.operations.points import to_kill
from tests.operations.test_crash import ask_for_a_site, drive, take_back


def as_it_is(host: Host, site: Site) -> None:
    """An active site with a database is what there is to begin with; or, there is nothing to put back."""


@dataclass(frozen=True)
class Loop:
    """*ask* asks for it. *complete* asserts what must be so when it is done. *reset* makes all as it was before.

    *ready* makes an active site into one that this can be asked for, once. *anew*: what it makes has another name
    each time, so that there is as much of everything afterwards, and not the same.
    """

    flow: Flow
    ask: Callable[[Site], Operation]
    complete: Callable[[Host, Site], None]
    reset: Callable[[Host, Site], None]
    sampled: bool = True
    ready: Callable[[Host, Site], None] = as_it_is
    anew: bool = False

    def __str__(self) -> str:
        return self.flow.name

    def alike(self, found: Inventory) -> Inventory:
        """*found* as far as it is the same each time."""
        return {place: len(what) for place, what in found.items()} if self.anew else found

    @property
    def steps(self) -> int:
        return len(self.flow.lines)


@contextmanager
def a_site(machine: Host) -> Iterator[Site]:
    """One that is active, with a database; nothing of it is left in the end."""
    operation = ask_for_a_site()
    drive(operation.pk, machine)
    yield Site.objects.get(pk=operation.subject_id)
    take_back(operation.pk, machine)


@pytest.fixture
def site(machine: Host, before: Inventory) -> Iterator[Site]:
    """The same, however a test leaves it."""
    with a_site(machine) as site:
        yield site
        left, me = Site.objects.get(pk=site.pk), Ask(user=None, door="test")
        if left.status == Site.Status.CREATING:  # it was lost; whoever takes it back asks for its user
            machine.users.create(machine.places.site_user(left.pk))
        if left.status == Site.Status.DELETED:
            drive(undelete_site(me, left).pk, machine)
        for database in left.databases.filter(status=Database.Status.DELETED):
            drive(undelete_database(me, database).pk, machine)


def killed_forward(loop: Loop, host: Host, site: Site) -> None:
    """Done, whatever the runner died at; and the next one finds no trace of that."""
    loop.ready(host, site)
    was = inventory(host)
    points = _passed(loop, host, site)
    loop.complete(host, site)
    done = loop.alike(inventory(host))
    loop.reset(host, site)
    assert inventory(host) == was
    for at, name in to_kill(loop.flow.name, "forward", enumerate(points), sampled=loop.sampled):
        operation = _crash(loop, host, site, at)
        assert operation.status == "done", f"killed at {at} {name}: {operation.error}"
        loop.complete(host, site)
        assert loop.alike(inventory(host)) == done, f"killed at {at} {name}"
        loop.reset(host, site)
        assert inventory(host) == was, f"reset after a kill at {at} {name}"


def killed_undoing(loop: Loop, host: Host, site: Site) -> None:
    """Taken back to where it began, whatever the runner died at on the way back."""
    loop.ready(host, site)
    was = inventory(host)
    forward = _passed(loop, host, site)
    loop.reset(host, site)
    points = _passed(loop, host, site, refuse_after=loop.steps)
    assert inventory(host) == was
    begun = len(points) - 1 - points[::-1].index("engine.after-the-act")
    undoing = list(enumerate(points))[begun:]
    for at, name in to_kill(loop.flow.name, "undoing", undoing, known=forward, sampled=loop.sampled):
        operation = _crash(loop, host, site, at, refuse_after=loop.steps)
        assert operation.status == "undone", f"killed at {at} {name}: {operation.error}"
        assert inventory(host) == was, f"killed at {at} {name}"


def _passed(loop: Loop, host: Host, site: Site, refuse_after: int | None = None) -> list[str]:
    operation = loop.ask(_fresh(site))
    with watching(Recorder(refuse_after)) as recorder:
        drive(operation.pk, host)
    return recorder.passed


def _crash(loop: Loop, host: Host, site: Site, at: int, refuse_after: int | None = None) -> Operation:
    operation = loop.ask(_fresh(site))

    def run_into_it() -> None:
        with watching(Killer(at, refuse_after)):
            drive(operation.pk, host)

    assert in_a_child(run_into_it) == signal.SIGKILL
    left = loop.steps - operation.lines.filter(status="done").count()
    with watching(Recorder(refuse_after and left)):
        drive(operation.pk, host)
    operation.refresh_from_db()
    assert not Hold.objects.exists()
    return operation


def _fresh(site: Site) -> Site:
    return Site.objects.select_related("server", "runtime").get(pk=site.pk)
