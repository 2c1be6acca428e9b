"""Where names lead, what the front's log says of an order, and what is looked at again when."""

from __future__ import annotations

import json
import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.timezone import now

from apps.domains.badges import certificate_badge, dns_badge
from apps.domains.chores import AT_ONCE, look_at_certificates, look_up_names
from apps.domains.looking import addresses
from apps.domains.models import Certificate, Domain
from apps.host.caddy_log import why_no_certificate
from apps.host.dns import look_up, own_addresses
from tests.make import a_server, a_site

HERE, ELSEWHERE = "192.0.2.7", "192.0.2.99"
SLOW = 5.0
"""Seconds that one of the names takes."""
ANSWERS: dict[str, Any] = {
    "here.example.com": [HERE],
    "both.example.com": [ELSEWHERE, HERE],
    "elsewhere.example.com": [ELSEWHERE],
    "nowhere.example.com": socket.gaierror(socket.EAI_NONAME, "nobody knows it"),
    "away.example.com": socket.gaierror(socket.EAI_AGAIN, "no resolver"),
}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that knows ANSWERS, and takes for ever over all else."""

    def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
        answer = ANSWERS.get(host)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            time.sleep(SLOW)
            return []
        return [(0, 0, 0, "", (address, 0)) for address in answer]

    monkeypatch.setattr("apps.host.dns.socket.getaddrinfo", getaddrinfo)
    monkeypatch.setattr(settings, "ADDRESSES", [HERE])


@pytest.mark.usefixtures("names")
def test_many_names_are_looked_up_at_once_and_none_is_waited_for_longer_than_was_said() -> None:
    begin = time.monotonic()
    found = look_up([*ANSWERS, "slow.example.com", "x.localhost"], within=0.3)
    assert time.monotonic() - begin < SLOW
    assert found == {
        "here.example.com": [HERE],
        "both.example.com": sorted([ELSEWHERE, HERE]),
        "elsewhere.example.com": [ELSEWHERE],
        "nowhere.example.com": [],
        "x.localhost": ["127.0.0.1", "::1"],
    }


def test_a_machines_own_addresses_are_found_without_asking_anybody() -> None:
    assert "127.0.0.1" in own_addresses()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        towards.connect(("192.0.2.1", 9))  # sends nothing: the kernel says from where it would
        assert towards.getsockname()[0] in own_addresses()


def test_in_production_the_loopback_is_no_address_of_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "127.0.0.1" in addresses()
    monkeypatch.setattr(settings, "PRODUCTION", True)
    assert "127.0.0.1" not in addresses()


@pytest.mark.django_db
@pytest.mark.usefixtures("names")
def test_what_is_looked_up_is_written_down_and_what_nobody_can_say_stays_as_it_was() -> None:
    site = a_site(host="primary.localhost")
    for host in ANSWERS:
        Domain.objects.create(site=site, host=host, served=True, dns="here")
    look_up_names(a_server(), None)  # type: ignore[arg-type]
    found = {domain.host.partition(".")[0]: domain for domain in Domain.objects.filter(served=True)}
    told = {name: (domain.dns, dns_badge(domain)[1]) for name, domain in found.items()}
    assert told == {
        "here": ("here", "success"),
        "both": ("here", "success"),
        "elsewhere": ("elsewhere", "warning"),
        "nowhere": ("nowhere", "warning"),
        "away": ("here", "success"),
    }
    assert found["away"].dns_looked_at is None
    assert found["both"].dns_addresses == sorted([ELSEWHERE, HERE])


def lines(*said: dict[str, Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in said)


def test_the_last_reason_for_a_name_is_told_and_an_order_that_was_broken_off_is_none(tmp_path: Path) -> None:
    log = tmp_path / "caddy.log"
    assert why_no_certificate(log, "a.test") == ""
    refused = {"level": "error", "logger": "tls.obtain", "identifier": "a.test", "error": "HTTP 400: no\x1b[31m A"}
    log.write_text(
        "no json\n[1]\n"
        + lines(
            {**refused, "error": "an older one"},
            refused,
            {**refused, "identifier": "b.test", "error": "b's"},
            {**refused, "error": "solving challenges: context canceled"},
            {**refused, "level": "info", "error": ""},
        )
    )
    assert why_no_certificate(log, "a.test") == "HTTP 400: no\N{REPLACEMENT CHARACTER}[31m A"
    assert why_no_certificate(log, "c.test") == ""


@pytest.mark.django_db
def test_the_oldest_and_those_that_are_not_good_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = list[str]()
    monkeypatch.setattr("apps.domains.chores.look_at_certificate", lambda domain, host: looked.append(domain.host))
    site = a_site(host="primary.localhost")
    ages = {"good": ("served", 5), "stale": ("served", 7 * 60), "fresh": ("pending", 1), "failed": ("failed", 10)}
    for host, (state, minutes) in ages.items():
        domain = Domain.objects.create(site=site, host=f"{host}.test", served=True)
        Certificate.objects.create(domain=domain, state=state, looked_at=now() - timedelta(minutes=minutes))
    Domain.objects.create(site=site, host="not-served.test")
    look_at_certificates(a_server(), None)  # type: ignore[arg-type]
    assert looked == ["stale.test", "failed.test"]
    Domain.objects.bulk_create(Domain(site=site, host=f"n{n}.test", served=True) for n in range(AT_ONCE))
    looked.clear()
    look_at_certificates(a_server(), None)  # type: ignore[arg-type]
    assert len(looked) == AT_ONCE


@pytest.mark.django_db
def test_red_is_for_what_needs_a_hand() -> None:
    domain = a_site(host="primary.localhost").domains.get()

    def badge(**facts: Any) -> tuple[str, str]:
        tls = facts.pop("tls", "managed")
        Certificate.objects.update_or_create(domain=domain, defaults=facts)
        Domain.objects.filter(pk=domain.pk).update(tls=tls)
        return certificate_badge(Domain.objects.get(pk=domain.pk))

    assert certificate_badge(domain) == ("Certificate not seen yet", "")
    assert badge(state="pending") == ("Certificate not seen yet", "")
    assert badge(state="failed", error="no") == ("No certificate", "danger")
    soon, ended = now() + timedelta(days=5), now() - timedelta(days=1)
    assert badge(state="served", not_after=soon)[1] == "success"
    assert badge(state="served", not_after=soon, tls="custom")[1] == "warning"
    assert badge(state="served", not_after=ended, tls="custom")[1] == "danger"
    assert badge(state="failed", not_after=soon) == ("Wrong certificate", "danger")
