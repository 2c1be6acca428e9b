"""Bad input: at each of the three doors the same sentence, and nothing left but the audit row."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from apps.audit.models import AuditRow
from apps.databases.models import Database
from apps.domains.models import Domain
from apps.operations import holds
from apps.operations.models import Hold, Operation
from apps.servers.models import Server
from apps.sites.kinds import KINDS
from apps.sites.models import Site
from tests.lifecycle.three_doors import Door, Told
from tests.make import a_server, a_site, an_operation
from tests.parts.hostile import HOSTILE

pytestmark = [pytest.mark.backend, pytest.mark.django_db, pytest.mark.usefixtures("unsent")]
ASKED = {"name": "Rose", "kind": "custom", "domain": "rose.localhost"}
NAMES = {
    "": "1 to 100 characters",
    " ": "1 to 100 characters",
    "x" * 300: "1 to 100 characters",
    "../../etc": "does not begin with",
    ".": "does not begin with",
    "..": "does not begin with",
    "--help": "does not begin with",
    "a/b": "no slashes",
    "a\\b": "no slashes",
    "con\n": "no line breaks",
    "a\r\nX: 1": "no line breaks",
    "\x1b[2J": "no line breaks",
    "\u202ea": "no line breaks",
    "🦝": "at least one letter or digit",
}
HOSTS = {
    "": "Enter a host name",
    ".": "Enter a host name",
    "rose.localhost\n": "no spaces, line breaks",
    "rose.localhost\nevil.localhost": "no spaces, line breaks",
    "rose{.localhost": "remove “{”",
    "rose.localhost:8443": "no port",
    "rose.localhost/wp-admin": "no path behind it",
    "https://rose.localhost": "no http://",
    "127.0.0.1": "IP address",
    "0x7f.1": "IP address",
    "*.rose.localhost": "wildcard",
    "rose..localhost": "no empty part",
    "-rose.localhost": "hyphen",
    "x" * 64 + ".localhost": "at most 63",
    "x." * 200 + "localhost": "at most 253",
    "localhost": "visitor's own machine",
    "LOCALHOST.": "visitor's own machine",
    "rose.internal": "the server's own",
    "rose": "at least two parts",
    "xn--a.localhost": "not a host name",
    settings.PANEL_HOST: "the panel's own name",
    settings.PANEL_HOST.upper() + ".": "the panel's own name",
}
NO_KINDS = ["", "drupal", "WordPress", "../custom", "custom\n", "x" * 300]
ACCEPTED = {
    "ROSE.LocalHost": "rose.localhost",
    "rose.localhost.": "rose.localhost",
    "bücher.localhost": "xn--bcher-kva.localhost",
    "BU\u0308CHER.localhost.": "xn--bcher-kva.localhost",
    "XN--BCHER-KVA.localhost": "xn--bcher-kva.localhost",
}
RECORDS: tuple[Any, ...] = (Site, Domain, Database, Operation, Hold)


def assert_refused(told: Told, status: int, sentence: str) -> None:
    """One sentence with a full stop, the right status, and the same sentence in the audit."""
    assert (told.status, sentence in told.sentence) == (status, True), told
    assert told.sentence.endswith(".")
    assert "\n" not in told.sentence
    assert "Traceback" not in told.whole
    row = AuditRow.objects.get(outcome="refused")
    assert (row.action, row.reason) == ("site.create", told.sentence)


@pytest.fixture
def server() -> Server:
    return a_server()


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("name", "sentence"), NAMES.items())
def test_a_name_that_cannot_be_is_refused(door: Door, name: str, sentence: str) -> None:
    assert_refused(door.create({**ASKED, "name": name}), 400, sentence)
    assert not any(model.objects.exists() for model in RECORDS)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("host", "sentence"), HOSTS.items())
def test_an_address_that_cannot_be_is_refused(door: Door, host: str, sentence: str) -> None:
    assert_refused(door.create({**ASKED, "domain": host}), 400, sentence)
    assert not any(model.objects.exists() for model in RECORDS)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("host", [host for host in HOSTILE if "\0" not in host])
def test_1_what_caddy_would_read_as_more_than_a_name_is_refused(door: Door, host: str) -> None:
    assert_refused(door.create({**ASKED, "domain": host}), 400, "")
    assert not any(model.objects.exists() for model in RECORDS)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("kind", NO_KINDS)
def test_an_unknown_kind_is_refused_with_those_there_are(door: Door, kind: str) -> None:
    assert_refused(door.create({**ASKED, "kind": kind}), 400, f"choose one of {', '.join(sorted(KINDS))}.")
    assert not any(model.objects.exists() for model in RECORDS)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("host", "normal"), ACCEPTED.items())
def test_an_address_is_written_in_its_one_form(door: Door, host: str, normal: str) -> None:
    assert door.create({**ASKED, "domain": host}).status == 202
    assert Domain.objects.get().host == normal


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("host", [host for host, normal in ACCEPTED.items() if normal.startswith("xn--")])
def test_an_address_is_given_once_however_it_is_spelt(door: Door, host: str) -> None:
    a_site(host="xn--bcher-kva.localhost")
    assert_refused(door.create({**ASKED, "domain": host}), 409, "xn--bcher-kva.localhost belongs to a site already")
    assert [model.objects.count() for model in RECORDS] == [1, 1, 0, 0, 0]


def test_without_a_server_the_first_step_is_said(door: Door) -> None:
    told = door.create(ASKED)
    assert "./panel up" in told.sentence
    assert not any(model.objects.exists() for model in RECORDS)


def test_16_the_site_that_no_port_is_left_for_is_refused(door: Door, server: Server) -> None:
    server.last_port = server.first_port + 1
    server.save()
    for number in (1, 2):
        assert door.create({**ASKED, "domain": f"rose-{number}.localhost"}).status == 202
    assert_refused(door.create(ASKED), 409, "All 2 ports of local are taken")
    assert [model.objects.count() for model in RECORDS] == [2, 2, 0, 2, 2]


# A site that somebody is at work on


@pytest.fixture
def first(server: Server) -> Operation:
    """An operation that has for itself the site that will be asked for."""
    site = a_site()
    operation = an_operation(site)
    Hold.objects.create(resource=f"site:{site.pk + 1}", operation=operation)
    return operation


def test_a_held_site_is_refused_with_the_first_ones_number(door: Door, first: Operation) -> None:
    told = door.create(ASKED)
    assert_refused(told, 409, f"Operation {first.pk} (site.create) is at work on this")
    assert door.name != "api" or f'"operation": {first.pk}' in told.whole
    assert [model.objects.count() for model in RECORDS] == [1, 1, 0, 1, 1]


def test_who_asks_to_be_queued_waits_and_starts_when_the_first_has_ended(door: Door, first: Operation) -> None:
    if door.name == "admin":
        pytest.skip("whoever sits before a form asks again")
    assert door.create(ASKED, queue=True).status == 202
    second = Operation.objects.latest("id")
    assert (second.status, second.ended) == ("waiting", False)
    holds.give_back(first)
    second.refresh_from_db()
    assert second.status == "pending"
    assert Hold.objects.get().operation == second
