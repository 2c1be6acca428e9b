"""Suspension, its end, and maintenance, killed at every point, forward and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.host.host import Host
from apps.lifecycle.site_activation import start_site
from apps.lifecycle.site_maintenance import MAINTAIN, maintain_site
from apps.lifecycle.site_suspension import SUSPEND, UNSUSPEND, suspend_site, unsuspend_site
from apps.operations.asking import Ask
from apps.sites.models import Site
from tests.operations.crashing import Loop, killed_forward, killed_undoing
from tests.operations.inventory import Inventory
from tests.operations.test_crash import ask_for_a_site, before, drive, take_back, unsent
from tests.operations.test_crash_running import runs, state_of

__all__ = ["before", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")


def is_suspended(host: Host, site: Site) -> None:
    assert state_of(host, site) == ("suspended", "suspended", False)


def is_maintained(host: Host, site: Site) -> None:
    assert state_of(host, site) == ("maintenance", "maintenance", True)


def suspended(host: Host, site: Site) -> None:
    drive(suspend_site(ME, site).pk, host)


def let_go_on(host: Host, site: Site) -> None:
    drive(unsuspend_site(ME, site).pk, host)


def started(host: Host, site: Site) -> None:
    drive(start_site(ME, site).pk, host)


LOOPS = {
    "suspend": Loop(SUSPEND, lambda site: suspend_site(ME, site), is_suspended, let_go_on),
    "unsuspend": Loop(UNSUSPEND, lambda site: unsuspend_site(ME, site), runs, suspended, ready=suspended),
    "maintain": Loop(MAINTAIN, lambda site: maintain_site(ME, site), is_maintained, started),
}


@pytest.fixture
def site(machine: Host, before: Inventory) -> Iterator[Site]:
    operation = ask_for_a_site()
    drive(operation.pk, machine)
    yield Site.objects.get(pk=operation.subject_id)
    take_back(operation.pk, machine)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_leaves_the_site_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
