"""A server's database browser turned on and off, killed at every point, forward and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from apps.host.caddy import routes
from apps.host.host import Host
from apps.lifecycle.browser import BROWSER, switch_browser
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.servers.models import Server
from apps.sites.models import Site
from tests.operations.crashing import Loop, a_site, killed_forward, killed_undoing
from tests.operations.inventory import Inventory
from tests.operations.test_crash import before, drive, unsent

__all__ = ["before", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")


def is_on(host: Host, site: Site) -> None:
    assert state(host) == (True, True)
    assert (host.places.browser / "index.php").is_file()
    assert list(host.places.root.glob(".browser*")) == []


def is_off(host: Host, site: Site) -> None:
    assert state(host) == (False, False)


def state(host: Host) -> tuple[bool, bool]:
    """Whether the records say that it is on, and whether the front serves its name."""
    return Server.objects.get().browser, settings.BROWSER_HOST in routes(host.front.current())


def switch(site: Site, *, on: bool) -> Operation:
    return switch_browser(ME, site.server, on=on)


def turned_on(host: Host, site: Site) -> None:
    drive(switch(site, on=True).pk, host)


def turned_off(host: Host, site: Site) -> None:
    drive(switch(site, on=False).pk, host)


LOOPS = {
    "off": Loop(BROWSER, lambda site: switch(site, on=False), is_off, turned_on, ready=turned_on),
    "on": Loop(BROWSER, lambda site: switch(site, on=True), is_on, turned_off),
}


@pytest.fixture
def site(machine: Host, before: Inventory) -> Iterator[Site]:
    with a_site(machine) as site:
        yield site
        turned_off(machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_is_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
    assert state(machine) == ((False, False) if name == "on" else (True, True))
