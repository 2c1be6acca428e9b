"""Suspension, its end, and maintenance, killed at every point, forward and back."""

from __future__ import annotations

import pytest

from apps.host.host import Host
from apps.lifecycle.site_activation import start_site
from apps.lifecycle.site_maintenance import MAINTAIN, maintain_site
from apps.lifecycle.site_suspension import SUSPEND, UNSUSPEND, suspend_site, unsuspend_site
from apps.operations.asking import Ask
from apps.sites.models import Site
from tests.operations.crashing import Loop, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, drive, unsent
from tests.operations.test_crash_running import runs, state_of

__all__ = ["before", "site", "unsent"]
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


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_leaves_the_site_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
