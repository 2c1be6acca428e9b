"""Row 62 of the attacks: whatever leads to where an outsider could not come is refused, after it was looked up."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from apps.host.addresses import Addresses, Inner
from apps.host.errors import Unavailable
from tests.parts.relay import free_port

INNER = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("192.0.2.7", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fd00::1"),
    *("ff02::1", "fec0::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1"),
    *("2001:0:4136:e378:8000:63bf:80ff:fffe", "::127.0.0.1", "64:ff9b::a9fe:a9fe"),
]
OUTER = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
SPELT = ["127.0.0.1", "0x7f.1", "127.1", "2130706433", "0177.0.0.1", "::1", "localhost", "x.localhost", "0"]
LOOPBACK = Addresses([ip_network("127.0.0.0/8")])


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("address", INNER)
def test_62_what_is_not_the_internet_is_refused(address: str) -> None:
    assert not Addresses().may_be(ip_address(address))


@pytest.mark.parametrize("address", OUTER)
def test_what_is_the_internet_may_be(address: str) -> None:
    assert Addresses().may_be(ip_address(address))


@pytest.mark.parametrize("host", SPELT)
def test_62_however_loopback_is_spelt_nobody_connects_to_it(host: str, listening: int) -> None:
    with pytest.raises(Inner, match="leads into a network that is not the internet"):
        Addresses().connect(host, listening, 2)


@pytest.mark.parametrize("network", ["127.0.0.0/8", "127.0.0.1/32", "0.0.0.0/0"])
def test_what_the_settings_allow_is_connected_to(network: str, listening: int) -> None:
    with Addresses([ip_network(network)]).connect("127.0.0.1", listening, 2) as connection:
        assert connection.getpeername() == ("127.0.0.1", listening)
    with pytest.raises(Inner):
        Addresses([ip_network("192.168.0.0/16")]).connect("127.0.0.1", listening, 2)


def answering(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """The resolver says one of *answers* after the other. Returns what it was asked."""
    asked: list[str] = []
    left = list(answers)

    def say(host: str, *args: Any, **kwargs: Any) -> list[Any]:
        if host == "rebound.example":
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in left.pop(0)]
        return real(host, *args, **kwargs)

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", say)
    return asked


def test_62_a_name_with_one_inner_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ["1.1.1.1", "169.254.169.254"])
    with pytest.raises(Inner):
        Addresses().resolve("rebound.example")


def test_62_a_name_that_leads_elsewhere_a_moment_later_leads_nobody_astray(
    monkeypatch: pytest.MonkeyPatch, listening: int
) -> None:
    """Its first answer is allowed, its second is not; the connection goes to the first, and nobody asks again."""
    asked = answering(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    with LOOPBACK.connect("rebound.example", listening, 2) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"
    assert asked == ["rebound.example"]
    with pytest.raises(Inner):
        LOOPBACK.connect("rebound.example", listening, 2)


def test_the_second_address_is_tried_where_the_first_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, listening: int
) -> None:
    answering(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    with LOOPBACK.connect("rebound.example", listening, 2) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"


def test_a_name_that_leads_nowhere_and_a_port_where_nobody_is_are_told() -> None:
    with pytest.raises(Unavailable, match=r"nothing\.invalid"):
        Addresses().resolve("nothing.invalid")
    with pytest.raises(Unavailable, match="does not answer on port"):
        LOOPBACK.connect("127.0.0.1", free_port(), 2)
