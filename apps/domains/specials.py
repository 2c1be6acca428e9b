"""What is special about a site, from its records: its settings, and what its domains say."""

from __future__ import annotations

from collections.abc import Mapping

from apps.domains.models import Domain
from apps.domains.quarantine import Settled
from apps.domains.rows import Row
from apps.domains.special import PLAIN, Special, remembered
from apps.servers.models import Server
from apps.sites.front_settings import leads_to_main, networks_of, password_of, serves_plain_http
from apps.sites.models import Site


def special_of(site: Row) -> Special:
    """What its settings and its served names, the primary one first, say. Of most sites: nothing at all."""
    if not (site.chosen or site.redirects or any(one.redirects or one.pair for one in site.names)):
        return PLAIN
    user, password = password_of(site.chosen)
    return Special(
        to_primary=tuple(one.host for one in site.names[1:] if one.redirects or leads_to_main(site.chosen)),
        redirects=tuple(site.redirects),
        plain_http=serves_plain_http(site.chosen),
        user=user,
        hash=password,
        proxies=networks_of(site.chosen),
        pairs=tuple((one.host, one.pair) for one in site.names if one.tls == Domain.Tls.CUSTOM and one.pair),
    )


def accepted(server: Server) -> dict[int, Special]:
    """By site: what was special about it when the front took its block last."""
    rows = Site.objects.filter(server=server).exclude(front_accepted={}).values_list("pk", "front_accepted")
    return {pk: remembered(kept) for pk, kept in rows}


def note(server: Server, settled: Settled) -> None:
    """Write down, once Caddy serves them, which blocks it has, and why it does not have the others."""
    marked = Site.objects.filter(server=server)
    for site in marked.exclude(front_fault="").exclude(pk__in=settled.faults):
        Site.objects.filter(pk=site.pk).update(front_fault="")
    for pk, fault in settled.faults.items():
        Site.objects.filter(pk=pk).update(front_fault=fault)
    served = {site.id: site.special for site in settled.facts.sites if site.id not in settled.faults}
    _keep(served, accepted(server))


def _keep(served: Mapping[int, Special], before: Mapping[int, Special]) -> None:
    for pk, special in served.items():
        if special != before.get(pk, PLAIN):
            Site.objects.filter(pk=pk).update(front_accepted=special.kept())
