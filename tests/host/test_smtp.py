"""A relay's answers, from a real one, as sentences; and never a password in them."""

from __future__ import annotations

import socket
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from apps.host.addresses import Addresses, Inner
from apps.host.errors import HostError, Refused, Unavailable
from apps.host.smtp import Server, Smtp
from tests.parts.relay import PASSWORD, USER, certificate, free_port, relay

pytestmark = pytest.mark.host
SMTP = Smtp(Addresses([ip_network("127.0.0.0/8"), ip_network("::1")]))
MAIL = b"Subject: x\r\n\r\n.dot\r\n"


def server(
    port: int, security: str = "none", host: str = "127.0.0.1", password: str = PASSWORD, user: str = ""
) -> Server:
    return Server(host, port, security, user, password)


def test_a_message_arrives_as_it_was() -> None:
    with relay() as kept:
        assert SMTP.send(server(kept.port), "mail@host.example", ["ana@a.example"], MAIL) == {}
    assert kept.mails[0].mail_from == "mail@host.example"
    assert kept.mails[0].rcpt_tos == ["ana@a.example"]
    assert kept.text() == MAIL.decode()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_with_tls_the_certificate_must_be_trusted(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, public = certificate()
    (tmp_path / "ca.pem").write_bytes(public)
    with relay(login=True, **{security: context}) as kept:
        there = server(kept.port, security, "localhost", user=USER)
        with pytest.raises(Refused, match="certificate that is not to be trusted"):
            SMTP.greet(there)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        SMTP.greet(there)
        SMTP.send(there, "mail@host.example", ["ana@a.example"], MAIL)
    assert len(kept.mails) == 1


def test_what_the_relay_says_is_told_and_the_password_is_not() -> None:
    with relay(login=True) as kept:
        with pytest.raises(Refused, match=f"refuses the login of {USER}: 535") as told:
            SMTP.greet(server(kept.port, password="wrong-canary", user=USER))
        assert "canary" not in str(told.value)
        kept.answers = {"full@a.example": "452 try later", "none@a.example": "550 no such user here"}
        there = server(kept.port, user=USER)
        with pytest.raises(Refused, match=r"takes nothing for none@a\.example: 550 no such user here"):
            SMTP.send(there, "mail@host.example", ["none@a.example"], MAIL)
        with pytest.raises(Unavailable, match="452 try later"):
            SMTP.send(there, "mail@host.example", ["full@a.example"], MAIL)
        said = SMTP.send(there, "mail@host.example", ["ana@a.example", "none@a.example"], MAIL)
        assert said == {"none@a.example": "550 no such user here"}
        kept.answers = {"DATA": "554 this is spam"}
        with pytest.raises(Refused, match="will not have it: 554 this is spam"):
            SMTP.send(there, "mail@host.example", ["ana@a.example"], MAIL)


def test_one_that_is_not_there_or_speaks_otherwise_is_told_apart() -> None:
    with pytest.raises(Unavailable, match="does not answer on port"):
        SMTP.greet(server(free_port()))
    with relay() as kept:
        with pytest.raises(Refused, match="does not offer what was set"):
            SMTP.greet(server(kept.port, "starttls"))
        with pytest.raises(Refused, match="does not speak TLS there"):
            SMTP.greet(server(kept.port, "tls"))
        with pytest.raises(Refused, match="does not offer what was set"):
            SMTP.greet(server(kept.port, user=USER))


def test_one_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.host.smtp.PATIENCE", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(HostError, match=r"127\.0\.0\.1"):
            SMTP.greet(server(silent.getsockname()[1]))


def test_the_password_is_in_no_repr() -> None:
    assert PASSWORD not in repr(server(25))


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_where_an_outsider_could_not_come_a_sites_relay_is_not_asked(
    security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its name leads to; but the host's own people may name one there."""
    with relay() as kept:
        outside = Smtp(Addresses())
        for host in ("127.0.0.1", "localhost", "inner.example"):
            monkeypatch.setattr("apps.host.addresses.look_up", lambda hosts, within: {hosts[0]: ["127.0.0.1"]})
            there = server(kept.port, security, host)
            with pytest.raises(Inner, match="not the internet"):
                outside.greet(there)
            with pytest.raises(Inner):
                outside.send(there, "mail@host.example", ["ana@a.example"], MAIL)
        outside.greet(replace(server(kept.port), anywhere=True))
    assert kept.mails == []
