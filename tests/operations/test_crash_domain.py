"""A domain added, changed and removed, killed at every point, forward and back."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from apps.domains.changes import state_of
from apps.domains.models import Domain, Pair
from apps.host.host import Host
from apps.lifecycle.domain import ADD, REMOVE, UPDATE, add_domain, remove_domain, update_domain
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.operations.crashing import Loop, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, drive, unsent
from tests.parts.pairs import a_pair

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
SECOND = "second.localhost"


def second() -> Domain:
    return Domain.objects.select_related("site__server").get(host=SECOND)


def add(site: Site) -> Operation:
    return add_domain(ME, site, host=SECOND)


def change(site: Site) -> Operation:
    certificate, key = a_pair(SECOND)
    words: dict[str, Any] = {"certificate": certificate, "private_key": key, "path_redirects": "/old /new 302"}
    return update_domain(ME, second(), primary=True, **words)


def remove(site: Site) -> Operation:
    return remove_domain(ME, second())


def added(host: Host, site: Site) -> None:
    domain = second()
    assert (domain.served, domain.loaded, domain.certificate.state) == (True, True, "served")
    assert f"\t{SECOND} {site.port} {site.pk}\n" in host.places.caddyfile.read_text()
    assert pairs_on_the_disk() == []


def changed(host: Host, site: Site) -> None:
    domain, pair = second(), Pair.objects.get()
    paths = [["/old", "/new", 302]]
    assert state_of(domain) == {
        "primary": domain.pk,
        "redirects": False,
        "tls": "custom",
        "pair": pair.pk,
        "paths": paths,
    }
    assert pairs_on_the_disk() == [f"{pair.pk}.pem"]
    assert str(host.places.pair(pair.pk)) in host.places.caddyfile.read_text()
    assert domain.certificate.issuer == "The tests' authority"


def gone(host: Host, site: Site) -> None:
    assert not Domain.objects.filter(host=SECOND).exists()
    assert SECOND not in host.places.caddyfile.read_text()
    assert Domain.objects.get(site=site).primary


def pairs_on_the_disk() -> list[str]:
    return sorted(file.name for file in settings.PLACES.pair(0).parent.iterdir())


def with_a_second(host: Host, site: Site) -> None:
    drive(add(Site.objects.get(pk=site.pk)).pk, host)


def without_it(host: Host, site: Site) -> None:
    drive(remove(site).pk, host)
    gone(host, site)


def put_back(host: Host, site: Site) -> None:
    first = site.domains.exclude(host=SECOND).get()
    drive(update_domain(ME, first, primary=True).pk, host)
    drive(update_domain(ME, second(), tls="internal", path_redirects="").pk, host)
    assert not Pair.objects.exists()
    added(host, site)


LOOPS = {
    "add": Loop(ADD, add, added, without_it),
    "update": Loop(UPDATE, change, changed, put_back, ready=with_a_second),
    "remove": Loop(REMOVE, remove, gone, with_a_second, ready=with_a_second),
}


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_leaves_the_domains_as_they_were(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
    assert pairs_on_the_disk() == []
