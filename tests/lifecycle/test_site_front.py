"""What is special about a site at the front: set while it serves, seen by visitors and by PHP, taken back when bad."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import ssl
import time
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings

from apps.domains import blocks
from apps.domains.models import Domain, PathRedirect
from apps.domains.special import Special
from apps.host.caddy_tls import served_certificate
from apps.host.host import Host
from apps.lifecycle.domain import update_domain
from apps.lifecycle.site_activation import stop_site
from apps.lifecycle.site_update import update_site
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.refusals import Invalid
from apps.sites.front_settings import networks_of
from apps.sites.models import Site
from tests.lifecycle.driving import ask, drive
from tests.parts.front import RunningFront

pytestmark = [
    pytest.mark.host,
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("before"),
]
ME = Ask(user=None, door="test")
HOST = "fault.localhost"
PASSWORD = "four words are enough"
SEEN = """<?php header('Content-Type: application/json');
echo json_encode(array_intersect_key($_SERVER, array_flip(['HTTPS', 'SERVER_PORT', 'REMOTE_ADDR', 'PHP_AUTH_USER',
    'HTTP_AUTHORIZATION', 'HTTP_X_FORWARDED_FOR'])));
"""


@pytest.fixture
def site(machine: Host) -> Site:
    found = Site.objects.get(pk=drive(ask(database=False), machine).subject_id)
    put(found, "seen.php", SEEN)
    return found


def put(site: Site, relative: str, text: str) -> None:
    page = settings.PLACES.public(site.slug) / relative
    page.parent.mkdir(exist_ok=True)
    page.write_text(text)
    for path in (page.parent, page):
        shutil.chown(path, settings.PLACES.site_user(site.pk))


def changed(site: Site, host: Host, **words: Any) -> Operation:
    operation = drive(update_site(ME, Site.objects.get(pk=site.pk), **words), host)
    site.refresh_from_db()
    return operation


def asked_from(address: str, *headers: str) -> dict[str, str]:
    """What PHP is told of a visitor who comes from *address*, which is this machine's too."""
    trust = ssl.create_default_context(cafile=str(settings.PLACES.internal_ca))
    plain = socket.create_connection(("127.0.0.1", settings.HTTPS_PORT), 10, source_address=(address, 0))
    with trust.wrap_socket(plain, server_hostname=HOST) as secure:
        secure.sendall("\r\n".join(["GET /seen.php HTTP/1.0", f"Host: {HOST}", *headers, "", ""]).encode())
        return dict(json.loads(b"".join(iter(lambda: secure.recv(65536), b"")).partition(b"\r\n\r\n")[2]))


def basic(password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'ana:{password}'.encode()).decode()}"}


def test_a_password_stands_before_the_site_and_only_its_hash_is_kept(
    machine: Host, site: Site, parts: RunningFront
) -> None:
    operation = changed(site, machine, protect_user="ana", protect_password=PASSWORD)
    assert operation.status == "done", operation.error
    assert [parts.get(HOST, path).status for path in ("/", "/seen.php", "/wp-login.php")] == [401, 401, 401]
    answer = parts.get(HOST, "/seen.php", headers=basic(PASSWORD))
    assert answer.status == 200
    assert {"PHP_AUTH_USER", "HTTP_AUTHORIZATION"}.isdisjoint(json.loads(answer.body))
    records = f"{operation.params} {[line.memo for line in operation.lines.all()]} {site.chosen}"
    assert PASSWORD not in records + machine.places.caddyfile.read_text()
    assert changed(site, machine, protect_password="another password").status == "done"
    assert parts.get(HOST, headers=basic(PASSWORD)).status == 401
    assert changed(site, machine, protect_user="").status == "done"
    assert (parts.get(HOST).status, site.chosen) == (200, {})


def test_what_a_certificates_authority_looks_for_stays_open_and_php_has_no_part_in_it(
    machine: Host, site: Site, parts: RunningFront
) -> None:
    put(site, "index.php", "<?php echo 'what the password hides';")
    assert changed(site, machine, protect_user="ana", protect_password=PASSWORD).status == "done"
    place = settings.PLACES.public(site.slug) / ".well-known"
    place.mkdir()
    shutil.chown(place, settings.PLACES.site_user(site.pk))
    put(site, ".well-known/acme-challenge/tok_en-1", "proof")
    challenge = "/.well-known/acme-challenge"
    assert parts.get(HOST, f"{challenge}/tok_en-1").body == "proof"
    missing = parts.get(HOST, f"{challenge}/none?p=1")
    assert (missing.status, missing.body) == (404, "")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"protect_user": "ana"}, "protect_password"),
        ({"protect_password": PASSWORD}, "protect_user"),
        ({"protect_user": "ana", "protect_password": "short"}, "protect_password"),
        ({"protect_user": "an a", "protect_password": PASSWORD}, "protect_user"),
        ({"proxies": "0.0.0.0/0"}, "proxies"),
        ({"proxies": "127.0.0.0/8"}, "proxies"),
        ({"proxies": "10.0.0.1/8"}, "proxies"),
        ({"proxies": "cloudflare 10.0.0.0/8"}, "proxies"),
    ],
)
def test_what_cannot_be_is_refused_and_no_password_is_repeated(site: Site, words: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        update_site(ME, site, **words)
    assert refused.value.field == field
    assert not any(word in str(refused.value) for key, word in words.items() if key == "protect_password")


def test_21_php_is_told_the_visitor_by_the_named_proxy_and_by_nobody_else(machine: Host, site: Site) -> None:
    """The proxy puts the visitor's address behind whatever he said of himself."""
    claimed = "X-Forwarded-For: 198.51.100.66, 203.0.113.9"
    assert asked_from("127.0.0.9", claimed)["REMOTE_ADDR"] == "127.0.0.9"
    assert changed(site, machine, proxies="127.0.0.8/31, 2001:db8::/32").status == "done"
    assert asked_from("127.0.0.9", claimed)["REMOTE_ADDR"] == "203.0.113.9"
    assert asked_from("127.0.0.9", f"{claimed}, 127.0.0.8, 2001:db8::7")["REMOTE_ADDR"] == "203.0.113.9"
    assert asked_from("127.0.0.9")["REMOTE_ADDR"] == "127.0.0.9"
    for lie in (claimed, "X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 127.0.0.9", "X-Real-IP: 203.0.113.9"):
        assert asked_from("127.0.0.10", lie)["REMOTE_ADDR"] == "127.0.0.10"
    for nobody in ("X-Forwarded-For: nonsense", "X-Forwarded-For: ,", "X-Forwarded-For: 127.0.0.8, 127.0.0.1"):
        assert asked_from("127.0.0.9", nobody)["REMOTE_ADDR"] == "127.0.0.9", nobody
    odd = "X-Forwarded-For: 203.0.113.9, nonsense"
    assert asked_from("127.0.0.9", odd)["REMOTE_ADDR"] == "203.0.113.9", "what is no address is passed over"


def test_cloudflares_networks_are_a_preset(machine: Host, site: Site, parts: RunningFront) -> None:
    assert changed(site, machine, proxies="Cloudflare").status == "done"
    assert site.chosen == {"proxies": "cloudflare"}
    assert "104.16.0.0/13" in networks_of(site.chosen)
    assert "trusted_proxies 173.245.48.0/20 " in machine.places.caddyfile.read_text()
    assert asked_from("127.0.0.9", "X-Forwarded-For: 203.0.113.9")["REMOTE_ADDR"] == "127.0.0.9"


def test_a_site_may_be_served_over_http_as_well_and_php_knows_which_way(
    machine: Host, site: Site, parts: RunningFront
) -> None:
    assert parts.get_plain(HOST, "/seen.php").status == 308
    assert changed(site, machine, force_https="off").status == "done"
    plain, secure = (json.loads(get(HOST, "/seen.php").body) for get in (parts.get_plain, parts.get))
    assert (plain["HTTPS"], plain["SERVER_PORT"]) == ("", str(settings.HTTP_PORT))
    assert (secure["HTTPS"], secure["SERVER_PORT"]) == ("on", str(settings.HTTPS_PORT))
    assert changed(site, machine, force_https="").status == "done"
    assert parts.get_plain(HOST, "/seen.php").status == 308


def test_errors_show_the_sites_own_pages_with_their_own_status(
    machine: Host, site: Site, parts: RunningFront
) -> None:
    put(site, "errors/404.html", "our own words")
    assert changed(site, machine, error_pages="errors").status == "done"
    for path in ("/.git/config", "/dump.sql", "/.well-known/acme-challenge/none"):
        answer = parts.get(HOST, path, method="POST")
        assert (answer.status, answer.body) == (404, "our own words"), path
    put(site, "gone.php", "<?php http_response_code(404); echo 'as PHP says';")
    assert parts.get(HOST, "/gone.php").body == "as PHP says"


def with_another_name(site: Site) -> None:
    Domain.objects.create(site=site, host=f"www.{HOST}", served=True)


def wait_for_certificate(host: str) -> None:
    until = time.monotonic() + 10
    while served_certificate(host, settings.HTTPS_PORT) is None:
        assert time.monotonic() < until, f"no certificate for {host}"
        time.sleep(0.01)


def test_names_and_paths_lead_where_they_shall(machine: Host, site: Site, parts: RunningFront) -> None:
    with_another_name(site)
    PathRedirect.objects.create(domain=site.domains.get(primary=True), path="/old", target="/new", status=308)
    assert changed(site, machine, main_domain="on").status == "done"
    wait_for_certificate(f"www.{HOST}")  # the name is new to the front, which makes one within some milliseconds
    assert parts.get(f"www.{HOST}", "/a?b=c").headers["location"] == f"https://{HOST}:{settings.HTTPS_PORT}/a?b=c"
    assert parts.get(HOST, "/old").headers["location"] == "/new"
    PathRedirect.objects.all().delete()
    assert changed(site, machine, main_domain="").status == "done"
    assert parts.get(f"www.{HOST}", "/seen.php").status == 200
    Domain.objects.filter(host=f"www.{HOST}").delete()


def test_9_a_block_that_the_front_refuses_is_taken_back_with_the_reason(
    machine: Host, site: Site, parts: RunningFront
) -> None:
    other = drive(ask("Other", database=False), machine)
    served = machine.places.caddyfile.read_text()
    with patch.object(blocks, "_password", lambda special: ["no_such_directive\n"]):
        operation = changed(site, machine, protect_user="ana", protect_password=PASSWORD)
    assert operation.status == "undone"
    assert "no_such_directive" in operation.error
    assert (site.chosen, site.front_fault) == ({}, "")
    assert [parts.get(host, "/").status for host in (HOST, "other.localhost")] == [200, 200]
    assert machine.places.caddyfile.read_text() == served
    assert other.status == "done"


def test_9_a_block_that_has_gone_bad_shows_a_page_and_everything_else_goes_on(
    machine: Host, site: Site, parts: RunningFront
) -> None:
    """At the next load, for whatever reason: the site says why, and its neighbour is stopped as asked for."""
    assert changed(site, machine, protect_user="ana", protect_password=PASSWORD).status == "done"
    other = Site.objects.get(pk=drive(ask("Other", database=False), machine).subject_id)
    with patch.object(blocks, "_password", lambda special: ["no_such_directive\n"]):
        assert drive(stop_site(ME, other), machine).status == "done"
    site.refresh_from_db()
    assert "no_such_directive" in site.front_fault
    assert "cannot be shown right now" in parts.get(HOST, headers=basic(PASSWORD)).body
    assert "switched off" in parts.get("other.localhost").body
    assert changed(site, machine, name="Fault again").status == "done"
    assert changed(site, machine, main_domain="on").status == "done"
    assert site.front_fault == ""
    assert parts.get(HOST, headers=basic(PASSWORD)).status == 200


def test_9_a_domain_whose_block_the_front_refuses_is_changed_back(
    machine: Host, site: Site, parts: RunningFront
) -> None:
    domain, good = site.domains.get(primary=True), blocks._redirects
    assert drive(update_domain(ME, domain, path_redirects="/old /new 308"), machine).status == "done"

    def redirects(special: Special) -> list[str]:
        is_bad = any(one.target == "/newer" for one in special.redirects)
        return ["no_such_directive\n"] if is_bad else list(good(special))

    with patch.object(blocks, "_redirects", redirects):
        operation = drive(update_domain(ME, domain, path_redirects="/old /newer 308"), machine)
    site.refresh_from_db()
    assert (operation.status, site.front_fault) == ("undone", "")
    assert "no_such_directive" in operation.error
    assert parts.get(HOST, "/old").headers["location"] == "/new"
    assert drive(update_domain(ME, domain, path_redirects=""), machine).status == "done"
