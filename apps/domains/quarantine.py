"""A special block that Caddy refuses takes nobody else down: it alone is left out, and its site says why.

Something stands in for it: what Caddy took last for the site, with its names and its state of today; else a page that
says that it cannot be shown. Never the site without what is special about it: that may be a password.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from apps.domains.caddyfile import difference, render
from apps.domains.front import FrontFacts, FrontSite
from apps.domains.special import PLAIN, Special
from apps.host.caddy import Front, routes
from apps.host.errors import Refused

Accepted = Mapping[int, Special]
"""By site: what was special about it when Caddy took its block last."""
Offer = Callable[[FrontFacts], object]
"""Has Caddy serve them. Raises Refused, and then it serves the old ones on."""


@dataclass(frozen=True)
class Settled:
    """What can be served, and for each site whose own block is left out, why."""

    facts: FrontFacts
    faults: dict[int, str] = field(default_factory=dict)

    def with_site(self, site: FrontSite) -> Settled:
        sites = tuple(site if one.id == site.id else one for one in self.facts.sites)
        return replace(self, facts=replace(self.facts, sites=sites))

    def blaming(self, site: FrontSite, reason: str) -> Settled:
        """The first reason is the one that counts."""
        return replace(self, faults={site.id: reason, **self.faults})


def separated(facts: FrontFacts, front: Front, accepted: Accepted) -> Settled:
    """Let Caddy read each special block that is not as it took it last, by itself."""
    settled = Settled(facts)
    for site in _changed(facts, accepted):
        if reason := _trouble(facts, site, front):
            stand_ins = _stand_ins(site, accepted)
            good = next((one for one in stand_ins if not _trouble(facts, one, front)), stand_ins[-1])
            settled = settled.with_site(good).blaming(site, reason)
    return settled


def offered(settled: Settled, accepted: Accepted, offer: Offer) -> Settled:
    """Have Caddy serve them; if it refuses what it could read, without the special block that is to blame.

    Raises Refused when none is.
    """
    try:
        offer(settled.facts)
    except Refused as refused:
        return _without_one(settled, accepted, offer, str(refused)) or _without_some(settled, offer, refused)
    return settled


def known_alone(facts: FrontFacts, accepted: Accepted) -> FrontFacts:
    """*facts* with nothing special but what Caddy took before; in place of all else, what stands in for it."""
    settled = Settled(facts)
    for site in _changed(facts, accepted):
        settled = settled.with_site(_stand_ins(site, accepted)[0])
    return settled.facts


def _changed(facts: FrontFacts, accepted: Accepted) -> list[FrontSite]:
    return [site for site in facts.sites if site.special not in (PLAIN, accepted.get(site.id))]


def _stand_ins(site: FrontSite, accepted: Accepted) -> list[FrontSite]:
    """The best first."""
    last = accepted.get(site.id, PLAIN).about(site.hosts)
    before = [] if last in (PLAIN, site.special) else [replace(site, special=last)]
    return [*before, _unshown(site)]


def _unshown(site: FrontSite) -> FrontSite:
    return replace(site, special=PLAIN, state="down")


def _trouble(facts: FrontFacts, site: FrontSite, front: Front) -> str:
    """What Caddy, or the records, have against *site* as the only one; nothing where all is well."""
    alone = replace(facts, sites=(site,))
    try:
        return difference(alone, routes(front.adapt(render(alone))))
    except (ValueError, Refused) as error:
        return str(error)


def _without_one(settled: Settled, accepted: Accepted, offer: Offer, reason: str) -> Settled | None:
    """The one block without which Caddy takes all the rest: tried while the old configuration serves on."""
    changed = _changed(settled.facts, accepted)
    for site in (*changed, *(site for site in _special(settled) if site not in changed)):
        for stand_in in _stand_ins(site, accepted):
            trial = settled.with_site(stand_in).blaming(site, reason)
            if not _refusal(trial, offer):
                return trial
    return None


def _without_some(settled: Settled, offer: Offer, refused: Refused) -> Settled:
    """Several are to blame: without any of them Caddy must take the rest, and then each shows whether it may come."""
    special = _special(settled)
    if len(special) < 2:  # noqa: PLR2004 - the only one was looked at
        raise refused
    for site in special:
        settled = settled.with_site(_unshown(site))
    offer(settled.facts)
    for site in special:
        if reason := _refusal(settled.with_site(site), offer):
            settled = settled.blaming(site, reason)
        else:
            settled = settled.with_site(site)
    offer(settled.facts)
    return settled


def _special(settled: Settled) -> list[FrontSite]:
    return [site for site in settled.facts.sites if site.special != PLAIN]


def _refusal(settled: Settled, offer: Offer) -> str:
    try:
        offer(settled.facts)
    except Refused as refused:
        return str(refused)
    return ""
