"""What is special about a site, from its records: its settings, and what its domains say."""

from __future__ import annotations

from collections.abc import Mapping

from apps.domains.models import Domain
from apps.domains.quarantine import Settled
from apps.domains.special import PLAIN, Redirect, Special, remembered
from apps.servers.models import Server
from apps.sites.front_settings import leads_to_main, networks_of, password_of, serves_plain_http
from apps.sites.models import Site


def special_of(site: Site, hosts: tuple[str, ...]) -> Special:
    """For *site* as it is served under *hosts*, the primary one first. Costs no query where domains are fetched."""
    domains = sorted((one for one in site.domains.all() if one.host in hosts), key=lambda one: hosts.index(one.host))
    user, password = password_of(site.chosen)
    return Special(
        to_primary=tuple(one.host for one in domains[1:] if one.redirects or leads_to_main(site.chosen)),
        redirects=tuple(redirect for domain in domains for redirect in _redirects(domain)),
        plain_http=serves_plain_http(site.chosen),
        user=user,
        hash=password,
        proxies=networks_of(site.chosen),
        pairs=tuple((one.host, one.pair_id) for one in domains if one.tls == Domain.Tls.CUSTOM and one.pair_id),
    )


def _redirects(domain: Domain) -> list[Redirect]:
    rows = domain.path_redirects.all()
    return [Redirect(domain.host, row.path, row.target, row.status) for row in rows]


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
