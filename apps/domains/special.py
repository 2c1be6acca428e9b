"""What a site has that a line of the front's map cannot say: it then has blocks of its own in the front's file.

All of it is written into Caddy's text, so each value has a strict form, looked at again before it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from ipaddress import ip_network
from typing import Any

from apps.domains.redirects import PATH, TARGET

USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
HASH = re.compile(r"\$argon2id\$v=19\$m=\d{1,6},t=\d{1,2},p=\d{1,2}\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}")
STATUSES = frozenset({301, 302, 307, 308})


@dataclass(frozen=True)
class Redirect:
    """A *path* of the name *host*, or with ``/*`` at its end all below it, that leads to *target*."""

    host: str
    path: str
    target: str
    status: int

    @property
    def is_sound(self) -> bool:
        return bool(PATH.search(self.path) and TARGET.search(self.target)) and self.status in STATUSES


@dataclass(frozen=True)
class Special:
    """*to_primary*: names that lead to the primary one. *plain_http*: the site is served over HTTP as well.

    Only *user*, with the password of *hash*, is let in, where there is one. *proxies* are networks whose word on a
    visitor's address is taken. *pairs*: names with a certificate of the owner's own, and its number.
    """

    to_primary: tuple[str, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    plain_http: bool = False
    user: str = ""
    hash: str = field(default="", repr=False)
    proxies: tuple[str, ...] = ()
    pairs: tuple[tuple[str, int], ...] = ()

    def about(self, hosts: tuple[str, ...]) -> Special:
        """The same for a site with these *hosts* alone, the primary one first."""
        return replace(
            self,
            to_primary=tuple(host for host in self.to_primary if host in hosts[1:]),
            redirects=tuple(redirect for redirect in self.redirects if redirect.host in hosts),
            pairs=tuple((host, pair) for host, pair in self.pairs if host in hosts),
        )

    def faults(self, hosts: tuple[str, ...]) -> Iterator[str]:
        """What of it must not be written for a site with these *hosts*. Most sites have nothing special at all."""
        if self == PLAIN:
            return
        if self.about(hosts) != self:
            yield "a name that is not the site's"
        if (self.user or self.hash) and not (USER.fullmatch(self.user) and HASH.fullmatch(self.hash)):
            yield "a wrong user or a wrong hash of a password"
        yield from (f"a wrong redirect of {one.path!r}" for one in self.redirects if not one.is_sound)
        yield from (f"{network!r}, which is no network" for network in self.proxies if not _is_network(network))
        yield from (f"{pair!r} for a certificate" for _, pair in self.pairs if type(pair) is not int or pair < 1)

    def kept(self) -> dict[str, Any]:
        """For a record: nothing where nothing is special."""
        return {} if self == PLAIN else asdict(self)


PLAIN = Special()


def remembered(kept: Mapping[str, Any]) -> Special:
    """What ``kept`` gave; nothing special where an older panel kept it in another form."""
    try:
        found = Special(**{key: _frozen(value) for key, value in kept.items()})
        return replace(found, redirects=tuple(Redirect(**one) for one in found.redirects))  # type: ignore[arg-type]
    except TypeError:
        return PLAIN


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list | tuple) else value


def _is_network(text: str) -> bool:
    try:
        return str(ip_network(text)) == text
    except ValueError:
        return False
