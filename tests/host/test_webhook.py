"""A webhook: signed, to a judged address, followed nowhere, and waited for no longer than it is worth."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from apps.host import webhook
from apps.host.addresses import Addresses, Inner
from apps.host.errors import Refused, Unavailable
from apps.host.webhook import SIGNATURE, TIMESTAMP, Webhooks, parsed
from tests.parts.hook import Hook, hook
from tests.parts.relay import certificate, free_port

SECRET = "canary-hook-secret"
BODY = b'{"text": "x"}'
LOOPBACK = Webhooks(Addresses([ip_network("127.0.0.0/8"), ip_network("::1")]))


@pytest.fixture
def kept() -> Iterator[Hook]:
    with hook() as made:
        yield made


def url(port: int, path: str = "/hook?key=1") -> webhook.Url:
    return parsed(f"http://127.0.0.1:{port}{path}")


def test_it_arrives_with_a_signature_that_the_other_side_can_check(kept: Hook) -> None:
    LOOPBACK.post(url(kept.port), BODY, SECRET)
    path, headers, body = kept.told[0]
    assert (path, body, headers["Host"]) == ("/hook?key=1", BODY, f"127.0.0.1:{kept.port}")
    assert headers["Content-Type"] == "application/json"
    assert abs(time.time() - int(headers[TIMESTAMP])) < 60
    signed = headers[TIMESTAMP].encode() + b"." + body
    assert headers[SIGNATURE] == "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def test_without_a_secret_it_is_not_signed(kept: Hook) -> None:
    LOOPBACK.post(url(kept.port), BODY, "")
    assert SIGNATURE not in kept.told[0][1]


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (302, Refused, "leads elsewhere, where nobody follows"),
        (307, Refused, "leads elsewhere"),
        (410, Refused, "nothing more is wanted"),
        (404, Unavailable, "answers 404"),
        (429, Unavailable, "answers 429"),
        (500, Unavailable, "answers 500"),
    ],
)
def test_62_it_is_followed_nowhere_and_each_answer_is_told(
    kept: Hook, status: int, kind: type[Exception], said: str
) -> None:
    with hook() as other:
        kept.status, kept.headers = status, {"Location": f"http://127.0.0.1:{other.port}/"}
        with pytest.raises(kind, match=said):
            LOOPBACK.post(url(kept.port), BODY, SECRET)
        assert other.told == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "0x7f.1", "2130706433", "localhost", "169.254.169.254"])
def test_62_an_inner_address_is_told_nothing(kept: Hook, host: str) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(Inner):
            Webhooks(Addresses()).post(parsed(f"{scheme}://{host}:{kept.port}/"), BODY, SECRET)
    assert kept.told == []


def test_62_a_name_is_connected_to_at_the_address_that_was_judged(kept: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name leads outside when it is judged, and inside when it is connected to: that is judged again."""
    answers = [["1.1.1.1"], ["127.0.0.1"]]
    monkeypatch.setattr("apps.host.addresses.look_up", lambda hosts, within: {host: answers.pop(0) for host in hosts})
    with pytest.raises(Inner):
        Webhooks(Addresses()).post(parsed(f"https://rebound.example:{kept.port}/"), BODY, SECRET)
    assert kept.told == []


def test_without_encryption_only_networks_that_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.host.addresses.look_up", lambda hosts, within: {host: ["1.1.1.1"] for host in hosts})
    with pytest.raises(Refused, match="is not encrypted"):
        LOOPBACK.post(parsed("http://hook.example/"), BODY, "")


def test_with_tls_the_certificate_must_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, public = certificate()
    (tmp_path / "ca.pem").write_bytes(public)
    with hook(tls=context) as kept:
        there = parsed(f"https://localhost:{kept.port}/")
        with pytest.raises(Refused, match="certificate that is not to be trusted"):
            LOOPBACK.post(there, BODY, SECRET)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        LOOPBACK.post(there, BODY, SECRET)
    assert len(kept.told) == 1


def test_one_that_answers_byte_by_byte_is_not_waited_for(kept: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "WITHIN", 0.3)
    kept.slow = 0.05
    began = time.monotonic()
    with pytest.raises(Unavailable, match="does not answer, or broke off"):
        LOOPBACK.post(url(kept.port), BODY, SECRET)
    assert time.monotonic() - began < 30, "all of it would take 51 seconds"


def test_one_that_is_not_there_is_told() -> None:
    with pytest.raises(Unavailable, match="does not answer on port"):
        LOOPBACK.post(url(free_port()), BODY, SECRET)


@pytest.mark.parametrize(
    "text",
    ["", "example.com", "ftp://example.com/", "https://", "https://u:p@example.com/", "https://example.com/a b",
     "https://example.com/\r\nX: y", "https://example.com:0/", "https://example.com:99999/", "https://ex ample.com",
     "file:///etc/passwd", "https://example.com/" + "x" * 3000, "https://bücher.example/"],
)  # fmt: skip
def test_what_is_no_address_of_a_webhook(text: str) -> None:
    with pytest.raises(ValueError, match=r"as in https://example\.com/hook"):
        parsed(text)


def test_the_path_is_shown_to_nobody(kept: Hook) -> None:
    kept.status = 500
    with pytest.raises(Unavailable) as told:
        LOOPBACK.post(url(kept.port, "/services/canary-token"), BODY, SECRET)
    assert "canary" not in str(told.value)
    assert str(parsed("https://hooks.example/services/canary")) == "https://hooks.example"
