"""What Caddy must read in the front's file, told from the records in the words of ``apps.host.caddy_routes``."""

from __future__ import annotations

from collections.abc import Iterator

from apps.domains.front import FrontFacts, FrontSite
from apps.host.caddy_words import guarded, leading, passing, trusting

Route = tuple[str, str]


def wanted_routes(facts: FrontFacts) -> dict[str, str]:
    """What ``apps.host.caddy.routes`` must find in the adapted file, and nothing besides.

    ``name`` → ``127.0.0.1:port``, the page that it shows, or the panel's socket; one in maintenance → that, and the
    port with a digest of its pass; ``http://name`` → the redirection; ``http://`` (any other name) → ``404``.
    What a special site has besides stands behind its destinations, and its certificates' files beside the names.
    """
    routes = {"http://": "404", **dict.fromkeys(facts.own_hosts, f"unix/{facts.panel_socket}")}
    for site in facts.sites:
        routes |= dict(_routes(facts, site))
    origin = facts.origin.replace("{host}", "{http.request.host}")
    hosts = [*facts.own_hosts, *(host for site in facts.sites for host in site.hosts)]
    return {**{f"http://{host}": f"redirect {origin}{{http.request.uri}}" for host in hosts}, **routes}


def _routes(facts: FrontFacts, site: FrontSite) -> Iterator[Route]:
    schemes = {"": facts.origin, "http://": facts.plain_origin} if site.special.plain_http else {"": facts.origin}
    for scheme, origin in schemes.items():
        for host in site.served:
            yield f"{scheme}{host}", " and ".join(sorted(set(_destinations(site, host))))
        for host in site.special.to_primary:
            yield f"{scheme}{host}", f"redirect {origin.replace('{host}', site.hosts[0])}{{http.request.uri}}"
    for _, pair in site.special.pairs:
        file = facts.places.pair(pair)
        yield f"certificate {file}", f"key {file}"


def _destinations(site: FrontSite, host: str) -> Iterator[str]:
    special = site.special
    where = f"127.0.0.1:{site.port}" if site.state == "up" else site.state
    yield guarded(trusting(where, special.proxies), special.user, special.hash)
    if site.state != "up" and (special.user or special.proxies):
        yield guarded(trusting("the bearer of a pass", special.proxies), special.user, special.hash)
    if site.has_pass:
        yield passing(str(site.port), site.token)
    for one in special.redirects:
        if one.host == host:
            yield guarded(leading(one.path, one.target, one.status), special.user, special.hash)
