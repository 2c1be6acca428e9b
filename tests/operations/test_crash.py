"""Killed at every point, forward and back: afterwards the machine is as if it never happened, or complete.

The list of points is what a creation really passes, and a test holds it against the registry: none is forgotten.
"""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Iterator

import pytest
from django.utils.timezone import now

from apps.databases.models import Database
from apps.host.crash import CrashPoint
from apps.host.host import Host
from apps.host.rewriting import passes, restoring
from apps.host.rewriting.database import FORGOTTEN
from apps.host.supervisor import rotation
from apps.lifecycle.site import CREATE, create_site
from apps.operations import engine
from apps.operations.asking import Ask
from apps.operations.models import Hold, Operation
from apps.sites.models import Site
from tests.operations.inventory import Inventory, inventory
from tests.operations.killing import Killer, Recorder, in_a_child, watching
from tests.operations.points import to_kill

pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
STEPS = len(CREATE.lines)
NUMBER = itertools.count(1)
UNREACHED = frozenset({"supervisor.emptied", "supervisor.shut"})
UNREACHED |= {passes.MADE.name, passes.KEPT.name, passes.CHANGED.name, restoring.RESTORED.name, FORGOTTEN.name}
UNREACHED |= {"mysql.two-passwords", "mysql.one-password"}
UNREACHED |= {"schemas.aside-made", "schemas.triggers-dropped", "schemas.tables-renamed", "schemas.code-dropped"}
UNREACHED |= {"schemas.tables-renamed-back", "import.code-loaded"}
UNREACHED |= {"site-files.part-written", "site-files.part-settled", rotation.COPIED.name}
UNREACHED |= {"target.folder-block-written", "target.folder-named", "target.sftp-block-sent", "target.sftp-named"}
UNREACHED |= {"target.s3-upload-begun", "target.s3-part-sent", "target.s3-completed"}
UNREACHED |= {name for name in CrashPoint.names if name.startswith("archive.")}
UNREACHED |= {"files.folders-exchanged"}
UNREACHED |= {"trash.folder-moved", "trash.site-moved-logs-not", "trash.logs-back-site-not"}
"""Points that a creation does not pass. Every one that is named here is passed by a test of its driver."""


def ask_for_a_site(kind: str = "custom") -> Operation:
    number = next(NUMBER)
    return create_site(
        Ask(user=None, door="test"), f"Crash {number}", kind, f"crash-{number}.localhost", database=True
    )


def drive(pk: int, host: Host) -> None:
    """What a runner does with its messages, one after the other."""
    while not (operation := Operation.objects.get(pk=pk)).ended:
        time.sleep(max(0.0, (operation.due_at - now()).total_seconds()))
        engine.advance(pk, lambda: host)


def take_back(pk: int, host: Host) -> None:
    """Undo what is done already: the tests' way to leave nothing. Databases that the site got later go first."""
    operation = Operation.objects.get(pk=pk)
    later = Database.objects.filter(site=operation.subject_id).exclude(pk=operation.params.get("database_id"))
    for database in later:
        host.mysql.drop(database.name)
    Hold.objects.get_or_create(resource=operation.params["holds"][0], operation=operation)
    Operation.objects.filter(pk=pk).update(status="undoing", ended_at=None, due_at=now())
    drive(pk, host)


def passed(host: Host, kind: str, refuse_after: int | None = None) -> list[str]:
    """The points that a creation passes. With *refuse_after* those of its undoing as well."""
    operation = ask_for_a_site(kind)
    with watching(Recorder(refuse_after)) as recorder:
        drive(operation.pk, host)
    if refuse_after is None:
        take_back(operation.pk, host)
    return recorder.passed


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.operations.sending.send", lambda pk, queue, after=0.0: None)


@pytest.fixture
def before(machine: Host) -> Iterator[Inventory]:
    found = inventory(machine)
    yield found
    assert inventory(machine) == found


def assert_complete(host: Host, operation: Operation, before: Inventory) -> None:
    """The site is there with all that belongs to it, once."""
    site = Site.objects.get(pk=operation.subject_id)
    found = inventory(host)
    added = {place: _added(before[place], found[place]) for place in found if isinstance(found[place], list)}
    assert site.status == "active"
    assert added["users"] == [host.places.site_user(site.pk)]
    assert added["databases"] == [site.databases.get().name]
    assert added["accounts"] == [f"{site.databases.get().name}@localhost"]
    assert len(added["grants"]) == len(added["processes"]) == 1
    assert added["listeners"] == [site.port]
    assert f"sites/{site.slug}" in added["folders"]
    assert found["routes"][site.hosts[0]] == f"127.0.0.1:{site.port}"
    assert found["records"]["operations.Hold"] == 0


def _added(before: list[object], after: list[object]) -> list[object]:
    rest = list(after)
    for entry in before:
        rest.remove(entry)
    return rest


def crash(host: Host, kind: str, at: int, refuse_after: int | None = None) -> Operation:
    """Ask for a site, kill its runner at point number *at*, and let the next runner carry on."""
    operation = ask_for_a_site(kind)

    def run_into_it() -> None:
        with watching(Killer(at, refuse_after)):
            drive(operation.pk, host)

    assert in_a_child(run_into_it) == signal.SIGKILL
    with watching(Recorder(refuse_after if refuse_after is None else _acts_left(operation))):
        drive(operation.pk, host)
    operation.refresh_from_db()
    return operation


def _acts_left(operation: Operation) -> int:
    """After how many more acts the last step is refused again, if the crash came before it was."""
    return STEPS - operation.lines.filter(status="done").count()


def test_every_registered_point_is_passed(machine: Host) -> None:
    names = {name for kind in ("custom", "wordpress") for name in passed(machine, kind, refuse_after=STEPS)}
    assert set(CrashPoint.names) - names == UNREACHED


def test_a_creation_killed_at_any_point_is_complete_afterwards(machine: Host, before: Inventory) -> None:
    points = passed(machine, "custom")
    for at, name in to_kill("site.create", "forward", enumerate(points)):
        operation = crash(machine, "custom", at)
        assert operation.status == "done", f"killed at {at} {name}: {operation.error}"
        assert_complete(machine, operation, before)
        take_back(operation.pk, machine)
        assert inventory(machine) == before, f"undone after a kill at {at} {name}"


def test_an_undoing_killed_at_any_point_leaves_nothing(machine: Host, before: Inventory) -> None:
    forward = passed(machine, "custom")
    points = list(enumerate(passed(machine, "custom", refuse_after=STEPS)))[len(forward) - 2 :]
    for at, name in to_kill("site.create", "undoing", points, known=forward):
        operation = crash(machine, "custom", at, refuse_after=STEPS)
        assert operation.status == "undone", f"killed at {at} {name}: {operation.error}"
        assert inventory(machine) == before, f"killed at {at} {name}"
