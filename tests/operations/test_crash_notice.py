"""Somebody who is told: made, tried and removed, killed at every point, forward and back."""

from __future__ import annotations

import pytest

from apps.host.host import Host
from apps.lifecycle.notice import (
    CREATE,
    DELETE,
    NOTIFY,
    TEST,
    create_notice,
    delete_notice,
    notify_of_server,
    try_notice,
)
from apps.mail.models import Relay
from apps.notices.models import Notice
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.operations.crashing import Loop, as_it_is, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, unsent
from tests.operations.test_crash_mail import a_relay

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
TO = "ana@a.example"


def is_told(host: Host, site: Site) -> None:
    assert list(Notice.objects.values_list("to", "active")) == [(TO, True)]


def nobody_is_told(host: Host, site: Site) -> None:
    assert not Notice.objects.exists()


def with_a_relay(host: Host, site: Site) -> None:
    facts = {"host": "127.0.0.1", "port": a_relay().port, "security": "none", "sender": "mail@rose.example"}
    Relay.objects.update_or_create(server=site.server, site=None, defaults=facts)
    Notice.objects.all().delete()


def with_somebody(host: Host, site: Site) -> None:
    with_a_relay(host, site)
    Notice.objects.create(server=site.server, site=site, name="x.1", kind="email", to=TO, active=True)


LOOPS = {
    "create": Loop(
        CREATE, lambda site: create_notice(ME, site, email=TO), is_told, with_a_relay, ready=with_a_relay
    ),
    "notify": Loop(
        NOTIFY, lambda site: notify_of_server(ME, site.server, email=TO), is_told, with_a_relay, ready=with_a_relay
    ),
    "test": Loop(TEST, lambda site: try_notice(ME, Notice.objects.get()), is_told, as_it_is, ready=with_somebody),
    "delete": Loop(
        DELETE, lambda site: delete_notice(ME, Notice.objects.get()), nobody_is_told, with_somebody, ready=with_somebody
    ),
}


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_all_is_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
    (nobody_is_told if name in ("create", "notify") else is_told)(machine, site)
    assert not Operation.objects.filter(status="stuck").exists()
