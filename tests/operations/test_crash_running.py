"""Start, stop and restart, killed at every point, forward and back."""

from __future__ import annotations

import pytest

from apps.host.host import Host
from apps.host.supervisor import find
from apps.lifecycle.site_activation import RESTART, START, STOP, restart_site, start_site, stop_site
from apps.operations.asking import Ask
from apps.sites.models import Site
from apps.workers.roster import worker_of
from tests.operations.crashing import Loop, as_it_is, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, drive, unsent

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")


def state_of(host: Host, site: Site) -> tuple[str, str, bool]:
    """Its status, what the front shows, and whether its worker really runs."""
    site = Site.objects.select_related("runtime").get(pk=site.pk)
    return site.status, site.front, find.server(worker_of(site, host)) is not None


def runs(host: Host, site: Site) -> None:
    assert state_of(host, site) == ("active", "up", True)


def rests(host: Host, site: Site) -> None:
    assert state_of(host, site) == ("inactive", "stopped", False)


def started(host: Host, site: Site) -> None:
    drive(start_site(ME, site).pk, host)


def stopped(host: Host, site: Site) -> None:
    drive(stop_site(ME, site).pk, host)


LOOPS = {
    "start": Loop(START, lambda site: start_site(ME, site), runs, stopped, ready=stopped),
    "stop": Loop(STOP, lambda site: stop_site(ME, site), rests, started),
    "restart": Loop(RESTART, lambda site: restart_site(ME, site), runs, as_it_is),
}


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_leaves_the_site_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
