"""A backup schedule set, changed and ended, killed at every point, forward and back."""

from __future__ import annotations

import pytest

from apps.backups.models import Schedule
from apps.host.host import Host
from apps.lifecycle.schedule import CREATE, DELETE, UPDATE, create_schedule, delete_schedule, update_schedule
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.operations.crashing import Loop, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, drive, unsent

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")


def the(site: Site) -> Schedule:
    return Schedule.objects.select_related("site__server").get(site=site)


def is_set(host: Host, site: Site) -> None:
    assert the(site).schedule == "daily 03:30"
    assert the(site).due_at is not None


def is_changed(host: Host, site: Site) -> None:
    assert (the(site).schedule, the(site).keep_last) == ("every 6 hours", 9)


def is_ended(host: Host, site: Site) -> None:
    assert not Schedule.objects.exists()


def ended(host: Host, site: Site) -> None:
    Schedule.objects.all().delete()


def put(host: Host, site: Site) -> None:
    ended(host, site)
    drive(create_schedule(ME, site, "daily 03:30").pk, host)


def change(site: Site) -> Operation:
    return update_schedule(ME, the(site), schedule="every 6 hours", keep_last=9)


LOOPS = {
    "create": Loop(CREATE, lambda site: create_schedule(ME, site, "daily 03:30"), is_set, ended),
    "update": Loop(UPDATE, change, is_changed, put, ready=put),
    "delete": Loop(DELETE, lambda site: delete_schedule(ME, the(site)), is_ended, put, ready=put),
}


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)
    ended(machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_is_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
    ended(machine, site)
