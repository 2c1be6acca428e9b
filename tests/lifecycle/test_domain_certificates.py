"""Certificates as visitors get them: ordered from an authority, given by an owner, or the front's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.timezone import now

from apps.domains.chores import look_at_certificates
from apps.domains.models import Certificate, Domain
from apps.host.caddy_tls import served_certificate
from apps.host.host import Host
from apps.lifecycle.domain import add_domain
from apps.operations.asking import Ask
from apps.servers.models import Server
from apps.sites.models import Site
from tests.lifecycle.creation import clear
from tests.lifecycle.driving import ask, drive
from tests.operations.inventory import Inventory
from tests.parts.front import RunningFront
from tests.parts.pebble import Pebble, running_pebble

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unsent")]
ME = Ask(user=None, door="test")
GOOD, BAD, LATER = "good.acme.example.com", "bad.acme.example.com", "later.acme.example.com"
UNKNOWN = 500
ORDERED_WITHIN = 30.0


@pytest.fixture
def pebble(parts: RunningFront, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pebble]:
    with running_pebble(settings.HTTP_PORT, settings.HTTPS_PORT) as running:
        acme = running.acme
        monkeypatch.setattr(settings, "ACME", (acme.directory, acme.root, acme.email))
        yield running


@pytest.fixture
def site(machine: Host, before: Inventory, pebble: Pebble) -> Iterator[Site]:
    operation = drive(ask("Cert", database=False), machine)
    assert operation.status == "done", operation.error
    yield Site.objects.get(pk=operation.subject_id)
    clear(machine)  # while the authority that the front is told of is there


def added(host: str, site: Site, machine: Host) -> Domain:
    operation = drive(add_domain(ME, site, host=host), machine)
    assert operation.status == "done", operation.error
    return Domain.objects.get(host=host)


def seen(domain: Domain, state: str, machine: Host) -> Certificate:
    """Its record, once the server's chore has found it in *state*."""
    until = time.monotonic() + ORDERED_WITHIN
    while True:
        Certificate.objects.update(looked_at=None)
        look_at_certificates(Server.objects.get(), machine)
        found = Certificate.objects.get(domain=domain)
        if found.state == state:
            return found
        assert time.monotonic() < until, f"{domain}: {found.state} {found.error}"
        time.sleep(0.1)


def test_a_name_gets_its_certificate_by_itself_and_one_that_cannot_be_checked_blocks_no_other(
    site: Site, machine: Host, parts: RunningFront, pebble: Pebble
) -> None:
    pebble.lead(BAD, "127.0.0.9")  # where nobody listens: the authority cannot look at the name
    bad = added(BAD, site, machine)
    good = added(GOOD, site, machine)
    assert (good.tls, bad.certificate.state, good.served) == ("managed", "pending", True)
    found = seen(good, "served", machine)
    assert found.issuer.startswith("Pebble Intermediate CA")
    assert found.names == [GOOD]
    assert found.not_before and found.not_after
    assert found.not_before <= now() < now() + timedelta(days=1) < found.not_after
    failed = seen(bad, "failed", machine)
    assert "127.0.0.9" in failed.error or "refused" in failed.error, failed.error
    assert served_certificate(BAD, settings.HTTPS_PORT) is None
    later = added(LATER, site, machine)
    assert seen(later, "served", machine).names == [LATER]
    assert parts.get("cert.localhost", "/").status == 200


def storage(host: Host) -> list[tuple[Path, int]]:
    folder = host.places.caddy_storage
    return sorted((file.relative_to(folder), file.stat().st_size) for file in folder.rglob("*") if file.is_file())


def test_8_names_that_nobody_has_added_are_not_ordered_and_leave_nothing_on_the_disk(
    site: Site, machine: Host, pebble: Pebble
) -> None:
    good = added(GOOD, site, machine)
    seen(good, "served", machine)
    log = machine.places.logs("front") / "caddy.log"
    orders, files, lines = pebble.orders, storage(machine), log.stat().st_size
    for number in range(UNKNOWN):
        assert served_certificate(f"n{number}.acme.example.com", settings.HTTPS_PORT) is None
    assert (pebble.orders, storage(machine), log.stat().st_size) == (orders, files, lines)
    assert served_certificate(GOOD, settings.HTTPS_PORT) is not None
