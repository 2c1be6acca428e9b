"""The front's Caddyfile: rendered whole from the records, never edited.

Plain sites are entries of one ``map``: a block for each would cost seven times the reload at 1,000 sites. Nothing
but checked host names, integers and the panel's own paths is ever written into it, because Caddy's quoting does not
hold: a quoted ``"{"`` still opens a block.
"""

from __future__ import annotations

from collections.abc import Mapping

from apps.domains import caddyfile_text as text
from apps.domains.front import PASS, FrontFacts, FrontSite, refuse_unsafe
from apps.host.caddy_routes import passing

__all__ = ["FrontFacts", "FrontSite", "difference", "render", "wanted_routes"]


def render(facts: FrontFacts) -> str:
    """Domain Addition 5 and 6, Site Creation 12: the whole file, the same text for the same facts.

    Raises ValueError with a sentence for a name, a port, an id, a state or a path that must not stand in it.
    """
    refuse_unsafe(facts)
    entries = {host: site for site in facts.sites for host in site.hosts}
    blocks = [_options(facts), text.SNIPPETS.substitute(pages=facts.places.pages, lower=text.LOWER)]
    blocks += [text.REDIRECT.substitute(names=_names("http", [facts.panel_host, *entries]), origin=facts.origin)]
    panel = facts.panel_host
    blocks += [text.PANEL.substitute(host=panel, tls=_tls(facts, panel), socket=facts.panel_socket)]
    for tls in (text.INTERNAL, text.PUBLIC):
        chosen = {host: site for host, site in entries.items() if _tls(facts, host) is tls}
        blocks += [_sites(chosen, tls)] if chosen else []
    return "\n".join(blocks)


def wanted_routes(facts: FrontFacts) -> dict[str, str]:
    """What ``apps.host.caddy.routes`` must find in the adapted file, and nothing besides.

    ``name`` → ``127.0.0.1:port``, the page that it shows, or the panel's socket; one in maintenance → that, and the
    port with a digest of its pass; ``http://name`` → the redirection; ``http://`` (any other name) → ``404``.
    """
    routes = {facts.panel_host: f"unix/{facts.panel_socket}"}
    for site in facts.sites:
        routes |= dict.fromkeys(site.hosts, _where(site))
    origin = facts.origin.replace("{host}", "{http.request.host}")
    redirects = {f"http://{host}": f"redirect {origin}{{http.request.uri}}" for host in routes}
    return {"http://": "404", **routes, **redirects}


def _where(site: FrontSite) -> str:
    where = f"127.0.0.1:{site.port}" if site.state == "up" else site.state
    return f"{passing(str(site.port), site.token)} and {where}" if site.has_pass else where


def difference(facts: FrontFacts, found: Mapping[str, str]) -> str:
    """Hold what Caddy read (``apps.host.caddy.routes``) against the records: a sentence, or nothing if they agree.

    Whatever slips through every check before is seen here: such a configuration is never loaded.
    """
    wanted = wanted_routes(facts)
    unlike = [
        f"{name or 'every name'} would be {found.get(name, 'left out')} instead of {wanted.get(name, 'left out')}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]
    if not unlike:
        return ""
    more = f", and {len(unlike) - 3} more" if len(unlike) > 3 else ""  # noqa: PLR2004
    return (
        f"The front's configuration was not loaded, for Caddy reads it otherwise than the records say: "
        f"{'; '.join(unlike[:3])}{more}. Look for the name in the panel's domains and report this as a fault."
    )


def _options(facts: FrontFacts) -> str:
    places = facts.places
    return text.OPTIONS.substitute(
        admin=places.front_admin,
        storage=places.caddy_storage,
        http_port=facts.http_port,
        https_port=facts.https_port,
        bind=f"default_bind {' '.join(facts.bind)}" if facts.bind else "# on every address of the machine",
        logs=places.logs("front"),
        acme=facts.acme.options,
    )


def _sites(entries: dict[str, FrontSite], tls: str) -> str:
    rows = "\n".join(f"\t\t\t{host} {site.target} {site.id}" for host, site in entries.items())
    passes = "\n".join(f"\t\t\t\t{host}/{site.token} {site.port}" for host, site in entries.items() if site.has_pass)
    return text.SITES.substitute(names=_names("https", entries), tls=tls, rows=rows, passes=passes, cookie=PASS)


def _names(scheme: str, hosts: list[str] | dict[str, FrontSite]) -> str:
    return ", ".join(f"{scheme}://{host}" for host in hosts)


def _tls(facts: FrontFacts, host: str) -> str:
    return text.INTERNAL if facts.is_private(host) else text.PUBLIC
