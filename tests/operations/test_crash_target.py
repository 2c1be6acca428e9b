"""A place for copies set, tried and given up, and a backup copied there, killed at every point, forward and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from apps.backups.models import Backup, Copy, Target
from apps.host.host import Host
from apps.host.targets.marks import FILE
from apps.lifecycle.backup import create_backup
from apps.lifecycle.target import COPY, CREATE, DELETE, TEST, copy_backup, create_target, delete_target, try_target
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.operations.crashing import Loop, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, drive, unsent

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")


def place() -> Path:
    """A folder of root's, as a target must be; it goes with the machine."""
    path = settings.PLACES.archives / "copies"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def files() -> list[Path]:
    """But the mark."""
    return [path for path in place().rglob("*") if path.is_file() and path.name != FILE]


def marks() -> list[str]:
    file = place() / FILE
    return file.read_text().split() if file.exists() else []


def set_up(site: Site) -> Operation:
    return create_target(ME, site.server, "disk", "folder", path=str(place()))


def is_used(host: Host, site: Site) -> None:
    target = Target.objects.get()
    assert target.active
    assert (files(), marks()) == ([], [target.facts["mark"]])


def unset(host: Host, site: Site) -> None:
    Target.objects.all().delete()
    for file in [*files(), place() / FILE]:
        file.unlink(missing_ok=True)


def again(host: Host, site: Site) -> None:
    unset(host, site)
    drive(set_up(site).pk, host)


def is_given_up(host: Host, site: Site) -> None:
    assert not Target.objects.exists()


def with_a_backup(host: Host, site: Site) -> None:
    again(host, site)
    drive(create_backup(ME, site).pk, host)


def uncopied(*_: object) -> None:
    Copy.objects.all().delete()
    for file in files():
        file.unlink()


def copied(site: Site) -> Operation:
    """From the beginning: what was sent before another one was taken back is still there."""
    uncopied()
    backup = Backup.objects.select_related("site__server", "server").get(site=site)
    return copy_backup(ME, backup, Target.objects.get())


def is_copied(host: Host, site: Site) -> None:
    (file,) = files()
    assert Copy.objects.get().proven
    assert file.name == Backup.objects.get(site=site).file


LOOPS = {
    "create": Loop(CREATE, set_up, is_used, unset, ready=unset),
    "test": Loop(TEST, lambda site: try_target(ME, Target.objects.get()), is_used, is_used, ready=again),
    "delete": Loop(DELETE, lambda site: delete_target(ME, Target.objects.get()), is_given_up, again, ready=again),
    "copy": Loop(COPY, copied, is_copied, uncopied, ready=with_a_backup),
}


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)
    unset(machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_is_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
    assert [one.facts["mark"] for one in Target.objects.all()] == marks()
    unset(machine, site)
