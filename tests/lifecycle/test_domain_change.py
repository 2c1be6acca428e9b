"""A domain is changed on a real front: who is the primary one, where it leads, and whose certificate it shows."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any
from unittest.mock import patch

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.utils.timezone import now

from apps.domains.badges import certificate_badge
from apps.domains.chores import keep_pairs
from apps.domains.models import Domain, Pair
from apps.host.caddy_tls import served_certificate
from apps.host.host import Host
from apps.lifecycle.domain import add_domain, remove_domain, update_domain, verify_domain
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.servers.models import Server
from apps.sites.models import Site
from tests.lifecycle.creation import clear
from tests.lifecycle.driving import ask, drive
from tests.operations.inventory import Inventory
from tests.parts.front import RunningFront
from tests.parts.pairs import a_pair

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unsent")]
ME = Ask(user=None, door="test")
FIRST, SECOND = "change.localhost", "www.change.localhost"


@pytest.fixture
def site(machine: Host, before: Inventory) -> Iterator[Site]:
    operation = drive(ask("Change", database=False), machine)
    site = Site.objects.get(pk=operation.subject_id)
    done(add_domain(ME, site, host=SECOND), machine)
    yield site
    clear(machine)


def named(host: str) -> Domain:
    return Domain.objects.select_related("site__server").get(host=host)


def done(operation: Operation, machine: Host) -> Operation:
    drive(operation, machine)
    assert operation.status == "done", operation.error
    return operation


def change(host: str, machine: Host, **words: Any) -> Operation:
    return done(update_domain(ME, named(host), **words), machine)


def shown(host: str) -> str:
    """The fingerprint of what the front shows for *host*."""
    return sha256(served_certificate(host, settings.HTTPS_PORT) or b"").hexdigest()


def fingerprint(chain: str) -> str:
    return sha256(x509.load_pem_x509_certificate(chain.encode()).public_bytes(Encoding.DER)).hexdigest()


def pairs_on_the_disk() -> list[str]:
    return sorted(file.name for file in settings.PLACES.pair(0).parent.iterdir())


def test_two_names_exchange_who_is_the_primary_one_and_the_other_leads_to_it(
    site: Site, machine: Host, parts: RunningFront
) -> None:
    change(SECOND, machine, redirects=True)
    change(SECOND, machine, primary=True)
    assert list(Domain.objects.filter(site=site, primary=True)) == [named(SECOND)]
    assert Site.objects.get(pk=site.pk).url == f"https://{SECOND}:{settings.HTTPS_PORT}"
    assert parts.get(SECOND, "/").status == 200
    change(FIRST, machine, redirects=True)
    answer = parts.get(FIRST, "/a?b=c")
    assert (answer.status, answer.headers["location"]) == (308, f"https://{SECOND}:{settings.HTTPS_PORT}/a?b=c")


def test_paths_lead_where_they_shall_and_all_others_to_the_site(site: Site, machine: Host, parts: RunningFront) -> None:
    lines = "/old /new\n/shop/* https://shop.example.net/start?from=old 308\n/now /later 302"
    change(FIRST, machine, path_redirects=lines)
    found = {path: parts.get(FIRST, path) for path in ("/old", "/OLD", "/shop/a/b", "/now", "/", "/older", "/shop")}
    led = {path: (answer.status, answer.headers.get("location")) for path, answer in found.items()}
    assert led["/old"] == led["/OLD"] == (301, "/new")
    assert led["/shop/a/b"] == (308, "https://shop.example.net/start?from=old")
    assert led["/now"] == (302, "/later")
    assert [led[path][1] for path in ("/", "/older", "/shop")] == [None] * 3
    assert parts.get(SECOND, "/old").headers.get("location") is None
    change(FIRST, machine, path_redirects="")
    assert parts.get(FIRST, "/old").headers.get("location") is None


def test_a_pair_is_shown_replaced_and_taken_away(site: Site, machine: Host, parts: RunningFront) -> None:
    one, other = a_pair(SECOND), a_pair("*.change.localhost", ends=5)
    change(SECOND, machine, certificate=one[0], private_key=one[1])
    assert shown(SECOND) == fingerprint(one[0])
    first = named(SECOND)
    assert first.certificate.issuer == "The tests' authority"
    assert first.certificate.names == [SECOND]
    change(SECOND, machine, certificate=other[0], private_key=other[1])
    assert shown(SECOND) == fingerprint(other[0])
    second = named(SECOND)
    assert certificate_badge(second)[1] == "warning"
    assert pairs_on_the_disk() == [f"{second.pair_id}.pem"]
    assert list(Pair.objects.all()) == [second.pair]
    change(SECOND, machine, tls="internal")
    assert shown(SECOND) not in (fingerprint(one[0]), fingerprint(other[0]))
    assert (pairs_on_the_disk(), Pair.objects.count()) == ([], 0)
    assert parts.get(SECOND, "/").status == 200


def test_33_35_the_key_is_for_the_front_alone_and_stands_nowhere_else(site: Site, machine: Host) -> None:
    chain, key = a_pair(SECOND)
    change(SECOND, machine, certificate=chain, private_key=key)
    file = settings.PLACES.pair(named(SECOND).pair_id or 0)
    found, folder = file.stat(), file.parent.stat()
    assert stat.S_IMODE(found.st_mode) == (0o640 if os.geteuid() == 0 else 0o600)
    assert (found.st_uid, found.st_gid) == (os.geteuid(), folder.st_gid)
    assert stat.S_IMODE(folder.st_mode) == 0o750
    words = key.splitlines()[1:-1]
    elsewhere = [path for path in settings.PLACES.root.rglob("*") if path.is_file() and path != file]
    elsewhere = [path for path in elsewhere if path.suffix in (".log", ".json", ".out", ".sqlite3", ".sqlite3-wal", "")]
    for path in elsewhere:
        content = path.read_bytes()
        assert not any(word.encode() in content for word in words), path


def test_the_files_of_pairs_follow_the_records(site: Site, machine: Host) -> None:
    chain, key = a_pair(SECOND)
    change(SECOND, machine, certificate=chain, private_key=key)
    file = settings.PLACES.pair(named(SECOND).pair_id or 0)
    was = file.read_text()
    file.rename(file.with_name("999999.pem"))
    keep_pairs(Server.objects.get(), machine)
    assert (pairs_on_the_disk(), file.read_text()) == ([file.name], was)


def test_a_pair_that_ends_while_it_waits_in_line_is_not_shown(site: Site, machine: Host) -> None:
    was = shown(SECOND)
    chain, key = a_pair(SECOND)
    operation = update_domain(ME, named(SECOND), certificate=chain, private_key=key)
    with patch("apps.domains.pairs.now", lambda: now() + timedelta(days=100)):
        drive(operation, machine)
    assert operation.status == "undone"
    assert "This certificate ended on" in operation.error
    assert (shown(SECOND), named(SECOND).tls, Pair.objects.count(), pairs_on_the_disk()) == (was, "internal", 0, [])


def test_a_name_that_goes_takes_its_pair_and_the_primary_one_with_it(
    site: Site, machine: Host, parts: RunningFront
) -> None:
    chain, key = a_pair(FIRST)
    change(FIRST, machine, certificate=chain, private_key=key, path_redirects="/a /b")
    done(remove_domain(ME, named(FIRST), primary=SECOND), machine)
    assert list(Domain.objects.filter(site=site)) == [named(SECOND)]
    assert named(SECOND).primary
    assert (pairs_on_the_disk(), Pair.objects.count()) == ([], 0)
    assert served_certificate(FIRST, settings.HTTPS_PORT) is None
    assert parts.get(SECOND, "/").status == 200


def test_a_site_without_a_domain_is_served_again_with_the_next_one(
    site: Site, machine: Host, parts: RunningFront
) -> None:
    done(remove_domain(ME, named(SECOND)), machine)
    done(remove_domain(ME, named(FIRST), last=True), machine)
    assert Site.objects.get(pk=site.pk).url == ""
    done(add_domain(ME, Site.objects.get(pk=site.pk), host=FIRST), machine)
    assert (named(FIRST).primary, parts.get(FIRST, "/").status) == (True, 200)


def test_a_check_writes_down_what_it_sees(site: Site, machine: Host) -> None:
    Domain.objects.filter(host=FIRST).update(dns="nowhere", dns_addresses=[])
    named(FIRST).certificate.delete()
    done(verify_domain(ME, named(FIRST)), machine)
    seen = named(FIRST)
    assert (seen.dns, seen.certificate.state) == ("here", "served")
    assert "127.0.0.1" in seen.dns_addresses or "::1" in seen.dns_addresses
    assert now() - timedelta(minutes=1) < seen.certificate.looked_at  # type: ignore[operator]
