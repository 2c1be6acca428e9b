"""What may be set for how the front treats a site: who comes in, by which name, and whose word it takes for whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from apps.domains.passwords import hashed
from apps.domains.special import USER
from apps.operations.refusals import Invalid
from apps.sites.setting import OFF, ON, Setting, folder, one_of
from apps.workers.behind import Behind

if TYPE_CHECKING:
    from apps.sites.models import Site

CLOUDFLARE = "cloudflare"
PRESET = Path(__file__).with_name("cloudflare.txt")
MOST_NETWORKS = 64
WIDEST = {4: 8, 6: 16}
"""Bits that a network must at least say: a wider one is everybody."""
HERE = (ip_address("127.0.0.1"), ip_address("::1"))


def user(text: str) -> str:
    if not USER.fullmatch(text):
        raise ValueError("a name of 1 to 64 letters, digits and . _ @ -, beginning with a letter or a digit")
    return text


def networks(text: str) -> str:
    """``cloudflare``, or networks in their normal form with one space between them."""
    if text.lower() == CLOUDFLARE:
        return CLOUDFLARE
    found = [_network(word) for word in re.split(r"[\s,]+", text, flags=re.ASCII) if word]
    if not 0 < len(found) <= MOST_NETWORKS:
        raise ValueError(f"{CLOUDFLARE}, or 1 to {MOST_NETWORKS} networks such as 192.0.2.0/24")
    return " ".join(dict.fromkeys(found))


def _network(word: str) -> str:
    try:
        network = ip_network(word)
    except ValueError:
        raise ValueError(f"{CLOUDFLARE}, or networks such as 192.0.2.0/24 2001:db8::/32, no part of a host's") from None
    if network.prefixlen < WIDEST[network.version]:
        raise ValueError(f"a proxy's: {network} is so wide that anybody could say to be anyone")
    if any(one in network for one in HERE):
        raise ValueError(f"a proxy's: from {network} come all sites of this machine, and could say to be anyone")
    return str(network)


FRONT = (
    Setting(
        "main_domain",
        "One name for all",
        "Every other name of the site leads to its primary domain.",
        OFF,
        one_of(ON, OFF),
        choices=(ON, OFF),
        front=True,
    ),
    Setting(
        "force_https",
        "HTTPS only",
        "Visitors over HTTP are sent to HTTPS. Off: the site is served both ways.",
        ON,
        one_of(ON, OFF),
        choices=(ON, OFF),
        front=True,
    ),
    Setting(
        "protect_user",
        "Password protection: user",
        "Whom the front lets in, with the password below. Empty: everybody.",
        "",
        user,
        front=True,
    ),
    Setting(
        "protect_password",
        "Password protection: password",
        "Kept hashed, and never shown again. Empty: the one that is set.",
        "",
        hashed,
        front=True,
        secret=True,
    ),
    Setting(
        "proxies",
        "Trusted proxies",
        f"Whose word on a visitor's address PHP takes: {CLOUDFLARE}, or networks such as 192.0.2.0/24 2001:db8::/32."
        " Empty: nobody's.",
        "",
        networks,
        front=True,
    ),
    Setting(
        "error_pages",
        "Own error pages",
        "The folder below the document root with 404.html, 503.html and so on, for errors that PHP has no part in."
        " Empty: none.",
        "",
        folder,
    ),
)


def complete(site: Site, found: dict[str, str]) -> dict[str, str]:
    """*found*, with what follows of it: without a user there is no password. Raises Invalid where one is missing."""
    if found.get("protect_user") == "":
        found = {**found, "protect_password": ""}
    after = {**site.chosen, **found}
    if after.get("protect_user") and not after.get("protect_password"):
        raise Invalid("protect_password", "A site that is protected needs a password; give one, or no user.")
    if after.get("protect_password") and not after.get("protect_user"):
        raise Invalid("protect_user", "A password needs a user; say whom it lets in.")
    return found


@cache
def _preset() -> tuple[str, ...]:
    lines = (line.partition("#")[0].strip() for line in PRESET.read_text().splitlines())
    return tuple(line for line in lines if line)


# What the front and the worker are told


def networks_of(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Whose word on a visitor's address is taken."""
    named = settings.get("proxies", "")
    return _preset() if named == CLOUDFLARE else tuple(named.split())


def behind_of(settings: Mapping[str, str], http_port: int) -> Behind:
    """What the worker is told of it."""
    plain_port = http_port if serves_plain_http(settings) else 0
    return Behind(plain_port, networks_of(settings), settings.get("error_pages", ""))


def password_of(settings: Mapping[str, str]) -> tuple[str, str]:
    """The user and the hashed password that visitors need; two empty texts where they need none."""
    found = settings.get("protect_user", ""), settings.get("protect_password", "")
    return found if all(found) else ("", "")


def serves_plain_http(settings: Mapping[str, str]) -> bool:
    return settings.get("force_https") == OFF


def leads_to_main(settings: Mapping[str, str]) -> bool:
    """Whether every other name of the site leads to its primary one."""
    return settings.get("main_domain") == ON
