"""Sites with blocks of their own in the front: what visitors get, and that Caddy's own reading of it is proven."""

from __future__ import annotations

import base64
import json
import secrets
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest

from apps.domains.caddyfile import FrontSite, difference, render, wanted_routes
from apps.domains.front import PASS
from apps.domains.passwords import hashed
from apps.domains.special import Redirect, Special
from apps.host.caddy import routes
from tests.parts.echo import echo
from tests.parts.front import Answer, RunningFront, running_front

pytestmark = pytest.mark.host
PASSWORD = "correct horse ü"
HASH = hashed(PASSWORD)
TOKEN = secrets.token_urlsafe(32)
PROXY, STRANGER = "127.0.0.9", "127.0.0.1"
PROXIES = ("127.0.0.9/32", "2001:db8::/32")
LEADS = (
    Redirect("one.test", "/old", "/new?a=%20b", 301),
    Redirect("one.test", "/shop/*", "https://two.test/x", 308),
    Redirect("www.one.test", "/only-here", "/there", 302),
)


@pytest.fixture(scope="module")
def front() -> Iterator[RunningFront]:
    leading, kept, far = Special(("alias.test",), LEADS), Special(user="ana", hash=HASH), Special(proxies=PROXIES)
    both = Special(("www.both.test",), plain_http=True)
    with echo() as port:
        sites = (
            FrontSite(1, ("one.test", "www.one.test", "alias.test"), "up", port, special=leading),
            FrontSite(2, ("two.test",), "up", port),
            FrontSite(3, ("kept.test",), "up", port, special=kept),
            FrontSite(4, ("far.test",), "up", port, special=far),
            FrontSite(5, ("both.test", "www.both.test"), "up", port, special=both),
            FrontSite(6, ("off.test",), "stopped", 0, special=kept),
            FrontSite(7, ("shut.test",), "maintenance", port, TOKEN, kept),
        )
        with running_front(*sites) as running:
            yield running


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def asked_from(address: str, front: RunningFront, host: str, *headers: str) -> dict[str, str]:
    """What the worker sees of a request from another address of this machine."""
    trust = ssl.create_default_context(cafile=str(front.facts.places.internal_ca))
    plain = socket.create_connection(("127.0.0.1", front.facts.https_port), 10, source_address=(address, 0))
    with trust.wrap_socket(plain, server_hostname=host) as secure:
        lines = ["GET / HTTP/1.1", f"Host: {host}", "Connection: close", *headers, "", ""]
        secure.sendall("\r\n".join(lines).encode())
        answer = b"".join(iter(lambda: secure.recv(65536), b"")).partition(b"\r\n\r\n")[2]
    return {key: str(value) for key, value in json.loads(answer).items()}


# What a visitor gets


def test_all_of_it_is_what_the_records_say(front: RunningFront) -> None:
    assert routes(front.driver.current()) == wanted_routes(front.facts)
    assert difference(front.facts, routes(front.driver.adapt(render(front.facts)))) == ""


@pytest.mark.parametrize(
    ("host", "path", "status", "target"),
    [
        ("alias.test", "/a/b?c=d", 308, "https://one.test:{port}/a/b?c=d"),
        ("one.test", "/old", 301, "/new?a=%20b"),
        ("one.test", "/old?x=1", 301, "/new?a=%20b"),
        ("one.test", "/shop/anything/below", 308, "https://two.test/x"),
        ("www.one.test", "/only-here", 302, "/there"),
    ],
)
def test_a_name_or_a_path_leads_somewhere_else(
    front: RunningFront, host: str, path: str, status: int, target: str
) -> None:
    answer = front.get(host, path)
    assert (answer.status, answer.headers["location"]) == (status, target.format(port=front.facts.https_port))


@pytest.mark.parametrize(("host", "path"), [("one.test", "/only-here"), ("www.one.test", "/old"), ("two.test", "/old")])
def test_a_redirect_is_of_its_own_name_alone(front: RunningFront, host: str, path: str) -> None:
    assert front.get(host, path).status == 200


def kept(front: RunningFront, path: str = "/", **headers: str) -> Answer:
    return front.get("kept.test", path, headers=headers)


def test_only_whoever_knows_the_password_comes_in_and_the_site_is_not_told_it(front: RunningFront) -> None:
    assert kept(front).status == 401
    assert "Basic" in kept(front).headers["www-authenticate"]
    for user, password in (("ana", "wrong"), ("ana", ""), ("eve", PASSWORD), ("ANA", PASSWORD)):
        assert kept(front, **basic(user, password)).status == 401
    answer = kept(front, **basic("ana", PASSWORD))
    assert answer.status == 200
    assert "authorization" not in json.loads(answer.body)


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/acme-challenge/",
        "/.well-known/acme-challenge/a/../../../admin",
        "/.well-known/acme-challenge/a%2f..%2f..%2f..%2fadmin",
        "/.well-known/acme-challenge/a.php",
        "/.well-known/acme-challenge/a/b",
        "/x/.well-known/acme-challenge/a",
        "/.WELL-KNOWN/acme-challenge/a",
    ],
)
def test_nothing_but_a_certificates_file_is_open(front: RunningFront, path: str) -> None:
    assert kept(front, "/.well-known/acme-challenge/Ab_9-x").status == 200
    assert kept(front, path).status == 401


def test_a_stopped_site_says_so_whoever_asks(front: RunningFront) -> None:
    assert front.get("off.test").status == 503


def test_in_maintenance_the_pass_does_not_stand_for_the_password(front: RunningFront) -> None:
    bearer = {"Cookie": f"{PASS}={TOKEN}"}
    found = [front.get("shut.test", headers=headers) for headers in ({}, basic("ana", PASSWORD), bearer)]
    assert [answer.status for answer in found] == [503, 503, 401]
    assert "We will be back soon" in found[0].body
    assert front.get("shut.test", headers={**bearer, **basic("ana", PASSWORD)}).status == 200


def test_a_site_with_plain_http_answers_both_ways_and_its_other_names_stay_with_the_scheme(front: RunningFront) -> None:
    plain, secure = front.get_plain("both.test", "/x"), front.get("both.test", "/x")
    assert [json.loads(answer.body)["x-forwarded-proto"] for answer in (plain, secure)] == ["http", "https"]
    port = front.facts.http_port
    assert front.get_plain("www.both.test", "/x").headers["location"] == f"http://both.test:{port}/x"
    assert front.get_plain("one.test", "/x").headers["location"].startswith("https://one.test:")


# Whose word is taken for a visitor's address


def test_21_only_the_named_proxy_is_believed(front: RunningFront) -> None:
    forged = "X-Forwarded-For: 203.0.113.9"
    assert asked_from(PROXY, front, "far.test", forged)["x-forwarded-for"] == f"203.0.113.9, {PROXY}"
    assert asked_from(STRANGER, front, "far.test", forged)["x-forwarded-for"] == STRANGER
    for host in ("two.test", "one.test"):
        assert asked_from(PROXY, front, host, forged)["x-forwarded-for"] == PROXY


# What Caddy read


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("basic_auth @guarded argon2id", "basic_auth /admin/* argon2id", "kept.test"),
        ("@guarded not path_regexp", "@guarded not path /x* \n\t\t\t\t@other path_regexp", "kept.test"),
        (f"ana {HASH}", f"eve {HASH}", "kept.test"),
        (HASH, hashed("another password"), "kept.test"),
        ("path /old", "path /other", "one.test"),
        ("host www.one.test", "host one.test", "www.one.test"),
        ("redir @leads0 /new", "redir @leads0 https://evil.test", "one.test"),
        ("127.0.0.9/32", "0.0.0.0/0", "far.test"),
        ("redir https://one.test", "redir https://evil.test", "alias.test"),
        ("http://both.test {", "http://bath.test {", "http://both.test"),
    ],
    ids=lambda text: text.split("$")[0],  # a hash is another one in each process
)
def test_whatever_caddy_reads_otherwise_is_seen(front: RunningFront, old: str, new: str, name: str) -> None:
    text = render(front.facts)
    assert old in text
    assert f"{name} would be" in difference(front.facts, routes(front.driver.adapt(text.replace(old, new))))


def test_a_way_round_the_password_is_seen(front: RunningFront) -> None:
    text = render(front.facts)
    head = text.index("https://kept.test {")
    port = front.facts.sites[2].port
    for way in (f"handle /x {{\n\t\treverse_proxy 127.0.0.1:{port}\n\t}}\n", f"reverse_proxy /x 127.0.0.1:{port}\n"):
        round_it = f"{text[:head]}https://kept.test {{\n\t{way}{text[head + len('https://kept.test {') :]}"
        assert "kept.test would be" in difference(front.facts, routes(front.driver.adapt(round_it)))


@pytest.mark.parametrize(
    "special",
    [
        Special(("other.test",)),
        Special(("one.test",)),
        Special(redirects=(Redirect("other.test", "/a", "/b", 301),)),
        Special(redirects=(Redirect("one.test", "/a b", "/b", 301),)),
        Special(redirects=(Redirect("one.test", "/a", "/{env.HOME}", 301),)),
        Special(redirects=(Redirect("one.test", "/a", "javascript:x", 301),)),
        Special(redirects=(Redirect("one.test", "/a", "/b", 200),)),
        Special(user="ana"),
        Special(hash=HASH),
        Special(user="ana\n", hash=HASH),
        Special(user="ana}", hash=HASH),
        Special(user="ana", hash=f"{HASH}\n"),
        Special(user="ana", hash="$2a$14$x"),
        Special(proxies=("10.0.0.1/8",)),
        Special(proxies=("10.0.0.0/8\n}",)),
        Special(pairs=(("one.test", 0),)),
        Special(pairs=(("one.test", "1"),)),  # type: ignore[arg-type]
        Special(pairs=(("other.test", 1),)),
    ],
)
def test_attack_1_what_is_not_in_its_strict_form_is_never_written(front: RunningFront, special: Special) -> None:
    site = FrontSite(1, ("one.test", "www.one.test"), "up", 8081, special=special)
    with pytest.raises(ValueError, match="the site 1 has"):
        render(replace(front.facts, sites=(site,)))
