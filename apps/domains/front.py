"""What the front is made of, and what must never be written into its configuration."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, get_args

from apps.domains.hostname import is_normal
from apps.domains.special import PLAIN, Special
from frankenpanel.places import Places

HTTP, HTTPS = 80, 443
State = Literal["starting", "stopped", "suspended", "maintenance", "failed", "down", "up"]
PASS = "__Host-frankenpanel-pass"  # noqa: S105 - the name of a cookie
"""Who has this cookie, with the site's token in it, is let through to a site in maintenance."""
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
SAFE_PATH = re.compile(r"(/[\w .+@=~,-]+)+")
DIRECTORY = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
EMAIL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
# Below these no public authority can certify a name (RFC 6761, RFC 8375, and what people use at home).
PRIVATE = frozenset({"localhost", "test", "example", "invalid", "local", "lan", "internal", "arpa"})


@dataclass(frozen=True)
class FrontSite:
    """A site as the front sees it: *hosts* are normalised, the primary one first.

    *port* is its worker's, 0 when it has none and is not up. *token* lets people through while *state* is
    ``maintenance``; without one nobody is. *internal* are names that the front's own authority shall certify.
    """

    id: int
    hosts: tuple[str, ...]
    state: State
    port: int
    token: str = field(default="", repr=False)
    special: Special = PLAIN
    internal: tuple[str, ...] = ()

    @property
    def served(self) -> tuple[str, ...]:
        """Those of its names that answer themselves: the others lead to the primary one."""
        return tuple(host for host in self.hosts if host not in self.special.to_primary)

    @property
    def has_pass(self) -> bool:
        return bool(self.token) and self.state == "maintenance"

    @property
    def target(self) -> str:
        """The second word of its map entries: the port of a site that is up, else the page that it shows."""
        return str(self.port) if self.state == "up" else self.state


@dataclass(frozen=True)
class Acme:
    """Who certifies names for the front: the authority with this *directory*; without one those that Caddy knows.

    *root* is a file with what certifies that address itself. *email* is whom the authority may write to.
    """

    directory: str = ""
    root: str = ""
    email: str = ""

    @property
    def options(self) -> str:
        """The lines of the Caddyfile's options that say so."""
        words = {"acme_ca": self.directory, "acme_ca_root": self.root, "email": self.email}
        return "\n\t".join(f"{word} {value}" for word, value in words.items() if value) or "# certified as Caddy has it"

    @property
    def is_sound(self) -> bool:
        checks = {DIRECTORY: self.directory, SAFE_PATH: self.root, EMAIL: self.email}
        return all(not value or pattern.fullmatch(value) for pattern, value in checks.items())


@dataclass(frozen=True)
class FrontFacts:
    """All that the front is made of. *bind* are the addresses that it listens on; none of them means every one.

    *inherited*: whoever starts the front opens its sockets, and hands them over. *upload_mb*: how long a dump may be
    that is sent to the panel; nothing else may have more than 64 MB. *browser_host*: the database browser's own name,
    where it is on.
    """

    places: Places
    http_port: int
    https_port: int
    panel_host: str
    panel_socket: Path
    sites: tuple[FrontSite, ...]
    bind: tuple[str, ...] = ("127.0.0.1",)
    acme: Acme = Acme()
    inherited: bool = False
    upload_mb: int = 512
    browser_host: str = ""

    @property
    def own_hosts(self) -> tuple[str, ...]:
        """The names that the panel itself answers."""
        return tuple(filter(None, (self.panel_host, self.browser_host)))

    @property
    def sockets(self) -> tuple[str, ...]:
        """Those that are handed over, in the order of their descriptors; for HTTPS a second one, for HTTP/3."""
        if not self.inherited:
            return ()
        kinds = (("tcp", self.http_port), ("tcp", self.https_port), ("udp", self.https_port))
        return tuple(f"{kind}:{self.bind[0] if self.bind else '::'}:{port}" for kind, port in kinds)

    @property
    def origin(self) -> str:
        """Where a request over HTTP is sent: the name that it asked for, with the port if browsers need it."""
        return "https://{host}" if self.https_port == HTTPS else f"https://{{host}}:{self.https_port}"

    @property
    def plain_origin(self) -> str:
        """The same for a site that is served over HTTP."""
        return "http://{host}" if self.http_port == HTTP else f"http://{{host}}:{self.http_port}"

    @cached_property
    def own(self) -> frozenset[str]:
        """The names with a certificate of their owner's own."""
        return frozenset(host for site in self.sites for host, _ in site.special.pairs)

    @cached_property
    def internal(self) -> frozenset[str]:
        return frozenset(host for site in self.sites for host in site.internal)

    def is_private(self, host: str) -> bool:
        """Whether the front's own authority certifies *host*: no other can, or none shall."""
        return host in self.internal or is_private(host, self.https_port, self.acme)


def is_private(host: str, https_port: int, acme: Acme) -> bool:
    """Whether *host* gets a certificate of the front's own authority: a public one checks port 443 only.

    An authority that was chosen may certify any name and look at any port.
    """
    last = host.rpartition(".")[2]
    if acme.directory:
        return last == "localhost"
    return https_port != HTTPS or last in PRIVATE


def refuse_unsafe(facts: FrontFacts) -> None:
    """Check again all that is about to be written, whatever its callers checked; raises ValueError."""
    hosts = Counter([*facts.own_hosts, *(host for site in facts.sites for host in site.hosts)])
    places = facts.places
    paths = (places.front_admin, places.caddy_storage, places.pages, facts.panel_socket)
    wrong = [f"the name {host!r} is not in its normal form" for host in hosts if not is_normal(host)]
    wrong += [f"the name {host!r} stands in it {count} times" for host, count in hosts.items() if count > 1]
    wrong += [f"the path {str(path)!r} has a character of Caddy's" for path in paths if not _is_path(path)]
    wrong += [f"the site {one.id!r} has a wrong id, port, state or token" for one in facts.sites if not _is_sound(one)]
    wrong += [] if facts.acme.is_sound else [f"{facts.acme} has a character of Caddy's"]
    wrong += [f"the site {one.id!r} has {fault}" for one in facts.sites for fault in one.special.faults(one.hosts)]
    wrong += [f"{port!r} is no port" for port in (facts.http_port, facts.https_port) if not _is_port(port)]
    if wrong:
        raise ValueError(f"The front's configuration cannot be written: {'; '.join(wrong[:3])}.")
    for address in facts.bind:
        ip_address(address)


def _is_path(path: Path) -> bool:
    return SAFE_PATH.fullmatch(str(path)) is not None


def _is_sound(site: FrontSite) -> bool:
    port_is_sound = _is_port(site.port) or (site.port == 0 and site.state != "up" and not site.has_pass)
    token_is_sound = site.token == "" or TOKEN.fullmatch(site.token) is not None
    return type(site.id) is int and site.id > 0 and site.state in get_args(State) and port_is_sound and token_is_sound


def _is_port(port: int) -> bool:
    return type(port) is int and 0 < port < 2**16
