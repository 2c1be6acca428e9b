"""The front's Caddyfile as text. What Caddy makes of it stands in tests/host/test_caddy.py."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.domains.caddyfile import FrontFacts, FrontSite, difference, render, wanted_routes
from apps.domains.front import Acme, State
from apps.domains.hostname import is_normal
from frankenpanel.places import Places
from tests.parts.hostile import HOSTILE, SPELLINGS

ROOT = Path("/opt/frankenpanel")
SHOP = FrontSite(7, ("shop.example.com", "www.shop.example.com"), "up", 8081)
FACTS = FrontFacts(
    places=Places(ROOT, Path("/run/frankenpanel"), Path("/var/cache/frankenpanel"), ""),
    http_port=80,
    https_port=443,
    panel_host="panel.example.com",
    panel_socket=Path("/run/frankenpanel/panel/web.sock"),
    sites=(SHOP,),
)


def block(text: str, name: str) -> str:
    """The block of *text* whose addresses contain *name*."""
    return next(part for part in text.split("\n}\n") if f"{name}" in part.lstrip().splitlines()[0])


def test_a_site_is_one_line_of_the_map_for_each_name() -> None:
    text = render(FACTS)
    assert "\n\t\t\tshop.example.com 8081 7\n\t\t\twww.shop.example.com 8081 7\n\t\t\tdefault unknown 0\n" in text
    assert text.count("shop.example.com 8081 7") == 2


@pytest.mark.parametrize("state", ["starting", "stopped", "suspended", "maintenance", "failed"])
def test_a_site_that_is_not_up_is_never_sent_to_its_port(state: State) -> None:
    text = render(replace(FACTS, sites=(replace(SHOP, state=state),)))
    assert f"shop.example.com {state} 7" in text
    assert "8081" not in text


def test_a_site_in_maintenance_is_sent_to_its_port_for_whoever_has_its_pass_alone() -> None:
    token = secrets.token_urlsafe(32)
    shop = replace(SHOP, state="maintenance", token=token)
    text = render(replace(FACTS, sites=(shop,)))
    assert f"\n\t\t\t\tshop.example.com/{token} 8081\n\t\t\t\twww.shop.example.com/{token} 8081\n" in text
    assert text.count("8081") == 2
    assert token not in render(replace(FACTS, sites=(replace(shop, state="up"),)))
    assert token not in f"{wanted_routes(replace(FACTS, sites=(shop,)))} {shop}"


def test_the_same_facts_give_the_same_text() -> None:
    assert render(FACTS) == render(replace(FACTS))


def test_an_empty_server_has_the_panel_and_no_map() -> None:
    text = render(replace(FACTS, sites=()))
    assert "https://panel.example.com {" in text
    assert "map {host}" not in text


def test_a_public_name_is_caddys_to_manage_and_is_told_to_stay_with_https() -> None:
    served = block(render(FACTS), "https://shop.example.com")
    assert "Strict-Transport-Security" in served
    assert "tls internal" not in served


@pytest.mark.parametrize("name", ["shop.localhost", "shop.test", "shop.lan"])
def test_a_name_that_nobody_certifies_has_the_fronts_own_authority(name: str) -> None:
    served = block(render(replace(FACTS, sites=(replace(SHOP, hosts=(name,)),))), f"https://{name}")
    assert "tls internal" in served
    assert "Strict-Transport-Security" not in served  # or its http:// port could not be reached again


def test_on_other_ports_every_name_has_the_fronts_own_authority() -> None:
    text = render(replace(FACTS, http_port=7080, https_port=7443))
    assert text.count("tls internal") == 2
    assert "Strict-Transport-Security" not in text


@pytest.mark.parametrize(("port", "target"), [(443, "https://{host}{uri} 308"), (7443, "https://{host}:7443{uri} 308")])
def test_plain_http_is_redirected_to_the_public_port(port: int, target: str) -> None:
    assert f"redir {target}\n" in render(replace(FACTS, https_port=port))


def test_the_front_listens_on_loopback_unless_it_is_told_otherwise() -> None:
    assert "default_bind 127.0.0.1\n" in render(FACTS)
    assert "default_bind" not in render(replace(FACTS, bind=()))


def test_the_only_files_that_the_front_reads_are_its_own_pages() -> None:
    roots = [line.strip() for line in render(FACTS).splitlines() if line.strip().startswith("root ")]
    assert roots == [f'root * "{FACTS.places.pages}"']


@pytest.mark.parametrize("text", [*HOSTILE, *SPELLINGS])
def test_attack_1_a_name_that_is_not_normal_is_never_written(text: str) -> None:
    with pytest.raises(ValueError, match="normal form"):
        render(replace(FACTS, sites=(replace(SHOP, hosts=(text,)),)))
    with pytest.raises(ValueError, match="normal form"):
        render(replace(FACTS, panel_host=text))


@given(st.text(max_size=40))
def test_whatever_a_name_is_it_is_normal_or_not_written(text: str) -> None:
    try:
        render(replace(FACTS, sites=(replace(SHOP, hosts=(text,)),)))
    except ValueError:
        return
    assert is_normal(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "7 8"},
        {"id": 0},
        {"id": True},
        {"port": "8081"},
        {"port": 0},
        {"port": 65536},
        {"port": None},
        {"state": "up\n}"},
        {"state": "deleted"},
        {"token": "short"},
        {"token": "x" * 42 + "}"},
        {"state": "maintenance", "token": "x" * 43, "port": 0},
    ],
)
def test_a_wrong_id_port_state_or_token_is_never_written(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="wrong id, port, state or token"):
        render(replace(FACTS, sites=(replace(SHOP, **wrong),)))


def test_a_site_that_lost_its_port_can_still_show_that_it_is_stopped() -> None:
    assert "shop.example.com stopped 7" in render(replace(FACTS, sites=(replace(SHOP, state="stopped", port=0),)))


@pytest.mark.parametrize("folder", ["/opt/{env.HOME}", '/opt/a"b', "/opt/a\nb", "/opt/$x", "relative", "/opt/a|0666"])
def test_a_path_with_a_character_of_caddys_is_never_written(folder: str) -> None:
    with pytest.raises(ValueError, match="character of Caddy's"):
        render(replace(FACTS, places=replace(FACTS.places, root=Path(folder))))


def test_two_sites_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match=r"'shop.example.com' stands in it 2 times"):
        render(replace(FACTS, sites=(SHOP, FrontSite(8, ("shop.example.com",), "up", 8082))))
    with pytest.raises(ValueError, match=r"'panel.example.com' stands in it 2 times"):
        render(replace(FACTS, sites=(replace(SHOP, hosts=("panel.example.com",)),)))


def test_an_address_to_listen_on_is_an_ip_address() -> None:
    with pytest.raises(ValueError, match="127"):
        render(replace(FACTS, bind=("127.0.0.1\n}",)))


def test_what_is_wanted_names_every_host_once_for_https_and_once_for_http() -> None:
    redirect = "redirect https://{http.request.host}{http.request.uri}"
    assert wanted_routes(FACTS) == {
        "http://": "404",
        "panel.example.com": "unix//run/frankenpanel/panel/web.sock",
        "shop.example.com": "127.0.0.1:8081",
        "www.shop.example.com": "127.0.0.1:8081",
        "http://panel.example.com": redirect,
        "http://shop.example.com": redirect,
        "http://www.shop.example.com": redirect,
    }


def test_what_agrees_with_the_records_differs_in_nothing() -> None:
    assert difference(FACTS, wanted_routes(FACTS)) == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"victim.ex": "127.0.0.1:80"}, "victim.ex would be 127.0.0.1:80 instead of left out"),
        ({"shop.example.com": "127.0.0.1:8082"}, "shop.example.com would be 127.0.0.1:8082 instead of 127.0.0.1:8081"),
        ({"https://": "404"}, "https:// would be 404 instead of left out"),
    ],
)
def test_a_difference_is_one_sentence_that_names_it(change: dict[str, str], says: str) -> None:
    assert says in difference(FACTS, wanted_routes(FACTS) | change)


def test_a_name_that_is_left_out_is_a_difference() -> None:
    found = wanted_routes(FACTS)
    del found["shop.example.com"]
    assert "shop.example.com would be left out instead of 127.0.0.1:8081" in difference(FACTS, found)


def test_many_differences_are_counted() -> None:
    assert "and 4 more" in difference(FACTS, {})


def test_an_authority_of_ones_own_is_named_once_and_certifies_what_no_public_one_could() -> None:
    acme = Acme("https://ca.corp.lan:14000/dir", "/etc/ssl/corp.pem", "host@corp.lan")
    facts = replace(FACTS, acme=acme, https_port=7443)
    said = ("acme_ca https://ca.corp.lan:14000/dir", "acme_ca_root /etc/ssl/corp.pem", "email host@corp.lan")
    assert "".join(f"\t{line}\n" for line in said) in render(facts)
    assert [facts.is_private(host) for host in ("shop.test", "shop.lan", "shop.localhost")] == [False, False, True]


@pytest.mark.parametrize("wrong", ["https://ca.ex/{dir}", "http://ca.ex/dir", "https://ca.ex/a b", "https://ca.ex\n"])
def test_an_authoritys_address_that_caddy_would_read_otherwise_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="character of Caddy's"):
        render(replace(FACTS, acme=Acme(wrong)))
