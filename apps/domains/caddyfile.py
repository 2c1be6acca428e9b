"""The front's Caddyfile: rendered whole from the records, never edited.

Plain sites are entries of one ``map``: a block for each would cost seven times the reload at 1,000 sites. Nothing
but checked host names, integers, the panel's own paths and what ``special`` has looked at is ever written into it,
because Caddy's quoting does not hold: a quoted ``"{"`` still opens a block.
"""

from __future__ import annotations

from collections.abc import Mapping

from apps.domains import caddyfile_text as text
from apps.domains.blocks import names, plain_blocks, special_blocks, tls_of
from apps.domains.front import FrontFacts, FrontSite, refuse_unsafe
from apps.domains.own_text import BROWSER, PANEL
from apps.domains.snippets import snippets_in, written_out
from apps.domains.wanted import wanted_routes

__all__ = ["FrontFacts", "FrontSite", "difference", "render", "wanted_routes"]


def render(facts: FrontFacts) -> str:
    """Domain Addition 5 and 6, Site Creation 12: the whole file, the same text for the same facts.

    Raises ValueError with a sentence for a name, a port, an id, a state or a path that must not stand in it.
    """
    refuse_unsafe(facts)
    panel = facts.panel_host
    only_https = [host for site in facts.sites if not site.special.plain_http for host in site.hosts]
    sockets = text.INHERITED if facts.inherited else text.OWN_SOCKETS
    shared = text.SNIPPETS.substitute(pages=facts.places.pages, lower=text.LOWER, **sockets)
    parts = [_options(facts), shared]
    parts += [text.REDIRECT.substitute(names=names("http", [*facts.own_hosts, *only_https]), origin=facts.origin)]
    own = {"host": panel, "tls": tls_of(facts, panel), "socket": facts.panel_socket, "upload_mb": facts.upload_mb}
    parts += [PANEL.substitute(own)]
    if browser := facts.browser_host:
        parts += [BROWSER.substitute(own, host=browser, tls=tls_of(facts, browser))]
    special = (written_out(block, snippets_in(shared)) for block in special_blocks(facts))
    return "\n".join([*parts, *plain_blocks(facts), *special])


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
