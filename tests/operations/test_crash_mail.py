"""A site's relay set, taken away and tried with a mail, killed at every point, forward and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from apps.host.host import Host
from apps.lifecycle.mail import (
    SERVER_RELAY,
    SERVER_TEST,
    SITE_RELAY,
    SITE_TEST,
    set_server_relay,
    set_site_relay,
    try_server_mail,
    try_site_mail,
)
from apps.mail.models import Relay
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.operations.crashing import Loop, a_site, as_it_is, killed_forward, killed_undoing
from tests.operations.inventory import Inventory
from tests.operations.test_crash import before, drive, unsent
from tests.parts.relay import Relay as Kept
from tests.parts.relay import relay

__all__ = ["before", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
TO = "ana@a.example"
KEPT_OPEN = ExitStack()


@cache
def a_relay() -> Kept:
    """One for all the tests of this process: those of the faults ask for these operations too."""
    return KEPT_OPEN.enter_context(relay())


def words() -> dict[str, object]:
    return {"host": "127.0.0.1", "port": a_relay().port, "security": "none", "sender": "mail@rose.example"}


def takes(host: Host, site: Site) -> tuple[int, bool, bool]:
    """How many relays there are; and whether mails are taken, of this site and of every other."""
    own, others = (
        file.exists() and file.read_text() == "on\n"
        for file in (host.places.site_relay_file(site.pk), host.places.relay_file)
    )
    return Relay.objects.count(), own, others


def has_its_own(host: Host, site: Site) -> None:
    assert takes(host, site) == (1, True, False)


def has_the_servers(host: Host, site: Site) -> None:
    assert takes(host, site) == (1, False, True)


def has_none(host: Host, site: Site) -> None:
    """And the files say so, which is as if they were not there."""
    Relay.objects.all().delete()
    for pk in (site.pk, None):
        host.postbox.open_for(pk, there_is_a_relay=False)


def set_for_all(site: Site) -> Operation:
    return set_server_relay(ME, site.server, **words())


def given(host: Host, site: Site) -> None:
    has_none(host, site)
    drive(set_for_all(site).pk, host)


LOOPS = {
    "site": Loop(SITE_RELAY, lambda site: set_site_relay(ME, site, **words()), has_its_own, has_none, ready=has_none),
    "server": Loop(SERVER_RELAY, set_for_all, has_the_servers, has_none, ready=has_none),
    "try": Loop(SITE_TEST, lambda site: try_site_mail(ME, site, TO), has_the_servers, as_it_is, ready=given),
    "try server": Loop(
        SERVER_TEST, lambda site: try_server_mail(ME, site.server, TO), has_the_servers, as_it_is, ready=given
    ),
}


@pytest.fixture
def site(machine: Host, before: Inventory) -> Iterator[Site]:
    with a_site(machine) as site:
        yield site
        has_none(machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_all_is_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
    assert takes(machine, site) == ((1, False, True) if name.startswith("try") else (0, False, False))
    assert not Operation.objects.filter(status="stuck").exists()
