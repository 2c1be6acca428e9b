"""The form that Caddy loads fastest: real sites in it are served, certified and logged as in the long one."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from apps.domains.caddyfile import FrontFacts, FrontSite, difference, render
from apps.domains.special import Special
from apps.host.caddy import routes
from apps.host.caddy_light import lighten
from apps.host.caddy_tls import served_certificate
from tests.bench.waiting import until
from tests.parts.echo import echo
from tests.parts.front import UID, RunningFront, running_front
from tests.parts.pairs import a_pair

pytestmark = pytest.mark.host
OWN, END = "own.test", "-----END CERTIFICATE-----"
CHAIN, KEY = a_pair(OWN)


@pytest.fixture(scope="module")
def front() -> Iterator[RunningFront]:
    with echo() as port:
        sites = (
            FrontSite(1, ("one.test", "www.one.test"), "up", port),
            FrontSite(2, ("one.localhost",), "stopped", 0),
            FrontSite(3, (OWN, "other.test"), "up", port, special=Special(pairs=((OWN, 1),))),
        )
        with running_front(inherited=True) as running:
            _write_pair(running)
            running.facts = replace(running.facts, sites=sites)
            running.driver.load(render(running.facts), json.dumps(light(running, running.facts)))
            running.wait_for_certificates()
            yield running


def _write_pair(front: RunningFront) -> None:
    pair = front.facts.places.pair(1)
    pair.parent.mkdir(parents=True, exist_ok=True)
    pair.write_text(CHAIN + KEY)
    if os.geteuid() == 0:
        os.chown(pair, UID, UID)


def light(front: RunningFront, facts: FrontFacts) -> dict[str, Any]:
    found = front.driver.adapt(render(facts))
    lighten(found, facts.own)
    return found


def policies_of(config: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = config["apps"]["tls"]["automation"]["policies"]
    return found


def logged(front: RunningFront) -> set[tuple[str, str]]:
    """Who was asked for what, as the access log has it a moment after the answer."""
    lines = map(json.loads, (front.facts.places.logs("front") / "access.json").read_text().splitlines())
    return {(line["request"]["host"], line["request"]["uri"]) for line in lines}


def test_it_is_what_the_records_say(front: RunningFront) -> None:
    current = front.driver.current()
    assert difference(front.facts, routes(current)) == ""
    assert difference(front.facts, routes(front.driver.adapt(render(front.facts)))) == ""


def test_no_name_is_looked_up_in_a_list(front: RunningFront) -> None:
    current = front.driver.current()
    servers = [server for server in current["apps"]["http"]["servers"].values() if server.get("routes")]
    assert [server["logs"] for server in servers] == [{}, {}]
    assert {"disable": True} in [server["automatic_https"] for server in servers]
    assert policies_of(current) == [{"issuers": [{"module": "internal"}]}]


@pytest.mark.parametrize(
    ("host", "status"), [("one.test", 200), ("www.one.test", 200), ("one.localhost", 503), ("other.test", 200)]
)
def test_a_site_is_served_and_certified_by_the_fronts_authority(front: RunningFront, host: str, status: int) -> None:
    assert front.get(host, "/light").status == status
    until(lambda: (host, "/light") in logged(front), f"{host} is not in the access log.")
    assert front.get_plain(host).headers["location"] == f"https://{host}:{front.facts.https_port}/"


def test_an_owners_certificate_is_shown_and_no_other(front: RunningFront) -> None:
    assert served_certificate(OWN, front.facts.https_port) == ssl.PEM_cert_to_DER_cert(
        CHAIN[: CHAIN.index(END) + len(END)]
    )


def test_a_name_that_nobody_has_gets_no_certificate(front: RunningFront) -> None:
    assert served_certificate("nobody.test", front.facts.https_port) is None
    assert front.get_plain("nobody.test").status == 404


def test_where_a_public_authority_certifies_a_name_all_of_that_stays(front: RunningFront) -> None:
    public = FrontSite(4, ("shop.example.com",), "stopped", 0)
    facts = replace(front.facts, https_port=443, sites=(*front.facts.sites, public))
    before = front.driver.adapt(render(facts))
    after = light(front, facts)
    assert after["apps"]["tls"] == before["apps"]["tls"]
    assert "shop.example.com" not in policies_of(after)[0]["subjects"]
    assert not [
        one for one in after["apps"]["http"]["servers"].values() if "disable_certificates" in one["automatic_https"]
    ]


def test_it_may_be_put_so_twice(front: RunningFront) -> None:
    once = light(front, front.facts)
    twice = json.loads(json.dumps(once))
    lighten(twice, front.facts.own)
    assert twice == once
