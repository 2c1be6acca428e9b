"""The blocks of the front's file that serve sites: one for all plain ones, and those of each special one."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from apps.domains import caddyfile_text as text
from apps.domains.front import PASS, FrontFacts, FrontSite
from apps.domains.special import PLAIN, Special
from apps.domains.special_text import BARE, LEADS, OWN, OWN_BLOCK, PASSWORD, TO_PRIMARY
from apps.host.caddy_words import OPEN

TAB = "\t"
SOCKETS = {"http": "plain", "https": "secure"}
UP, WITH_PASS = "{up}", "{way}"
"""What a site's map, and its map of passes, lead to."""


def plain_blocks(facts: FrontFacts) -> Iterator[str]:
    """One for all plain sites, or two where not all are certified alike."""
    plain = {host: site for site in facts.sites if site.special == PLAIN for host in site.hosts}
    for tls in (text.INTERNAL, text.PUBLIC):
        chosen = {host: site for host, site in plain.items() if tls_of(facts, host) is tls}
        if chosen:
            yield _block("https", chosen, tls)


def special_blocks(facts: FrontFacts) -> Iterator[str]:
    """Those of each special site, in their order."""
    for site in facts.sites:
        if site.special != PLAIN:
            yield from _special(facts, site)


def tls_of(facts: FrontFacts, host: str) -> str:
    return text.INTERNAL if facts.is_private(host) else text.PUBLIC


def names(scheme: str, hosts: list[str]) -> str:
    return ", ".join(f"{scheme}://{host}" for host in hosts)


def _special(facts: FrontFacts, site: FrontSite) -> Iterator[str]:
    for tls, hosts in _by_tls(facts, site, site.served):
        yield _own_block("https", hosts, site, tls)
    for tls, hosts in _by_tls(facts, site, site.special.to_primary):
        yield _to_primary("https", hosts, tls, facts.origin, site)
    if site.special.plain_http:
        yield _own_block("http", list(site.served), site, BARE)
        if site.special.to_primary:
            yield _to_primary("http", list(site.special.to_primary), BARE, facts.plain_origin, site)


def _by_tls(facts: FrontFacts, site: FrontSite, hosts: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """The hosts that share a certificate's line: Caddy takes one such line for a block."""
    own = dict(site.special.pairs)
    lines: dict[str, list[str]] = {}
    for host in hosts:
        line = OWN.substitute(file=facts.places.pair(own[host])) if host in own else tls_of(facts, host)
        lines.setdefault(BARE if line is text.PUBLIC and site.special.plain_http else line, []).append(host)
    yield from lines.items()


def _own_block(scheme: str, hosts: list[str], site: FrontSite, tls: str) -> str:
    """All that a plain site can show; but of one that is up only its worker: the rest costs Caddy three times that."""
    if site.state != "up":
        return _block(scheme, dict.fromkeys(hosts, site), tls, site.special)
    worker = indent(_way(UP, site.special), TAB * 2)
    told = {"target": site.target, "id": site.id, "worker": worker}
    return OWN_BLOCK.substitute(names=names(scheme, hosts), socket=SOCKETS[scheme], tls=tls, **told)


def _block(scheme: str, entries: dict[str, FrontSite], tls: str, special: Special = PLAIN) -> str:
    passes = "\n".join(f"\t\t\t\t{host}/{site.token} {site.port}" for host, site in entries.items() if site.has_pass)
    return text.SITES.substitute(
        names=names(scheme, list(entries)),
        socket=SOCKETS[scheme],
        tls=tls,
        lower="import lower" if special == PLAIN else "# a name in any letters is this site's",
        rows=indent("\n".join(_rows(entries, special)), TAB * 3),
        passes=passes,
        cookie=PASS,
        up=indent(_way(UP, special), TAB * 3),
        with_pass=indent(_way(WITH_PASS, special), TAB * 4),
    )


def _rows(entries: dict[str, FrontSite], special: Special) -> Iterator[str]:
    """Who is served, name by name; in a special site's block it is that site, and no letters need to be compared."""
    if special == PLAIN:
        yield from (f"{host} {site.target} {site.id}" for host, site in entries.items())
        yield "default unknown 0"
    else:
        site = next(iter(entries.values()))
        yield f"default {site.target} {site.id}"


def _way(word: str, special: Special) -> str:
    """How a request comes to the worker: past a password, or somewhere else altogether."""
    worker = f"import worker {word}"
    if special == PLAIN:
        return worker
    inside = [*_password(special), *_redirects(special), f"{worker} {{\n{indent(_proxy(special), TAB)}}}\n"]
    return f"route {{\n{indent(''.join(inside), TAB)}}}"


def _password(special: Special) -> Iterator[str]:
    if special.user:
        yield PASSWORD.substitute(open=OPEN, user=special.user, hash=special.hash)


def _redirects(special: Special) -> Iterator[str]:
    for number, one in enumerate(special.redirects):
        yield LEADS.substitute(
            name=f"leads{number}", host=one.host, path=one.path, target=one.target, status=one.status
        )


def _proxy(special: Special) -> str:
    """The password is the front's: the site is not told it. It is told who came, where a proxy names nobody."""
    lines = ["header_up -Authorization"] if special.user else []
    if special.proxies:
        lines += [f"trusted_proxies {' '.join(special.proxies)}", "header_up X-Real-IP {remote_host}"]
    return "".join(f"{line}\n" for line in lines)


def _to_primary(scheme: str, hosts: list[str], tls: str, origin: str, site: FrontSite) -> str:
    origin = origin.replace("{host}", site.hosts[0])
    return TO_PRIMARY.substitute(names=names(scheme, hosts), socket=SOCKETS[scheme], tls=tls, origin=origin)
