"""Domain Lifecycle / 1. Domain Addition 1 to 4: whether a host name may become a site's, and its records."""

from __future__ import annotations

from django.conf import settings

from apps.domains.front import Acme, is_private
from apps.domains.hostname import normalise
from apps.domains.models import Certificate, Domain
from apps.operations.asking import Ask
from apps.operations.refusals import Invalid, Taken
from apps.sites.models import Site

WAYS_BACK = "Remove it there first, or let the site come back without it."
NO_OTHER = "No other name of the site is left to come back with; remove one where it is now."


def claim_domain(ask: Ask, text: str, site: Site, field: str = "domain") -> Domain:
    """Write *text*, normalised, as a domain of *site*: the primary one where it has none. *field*: who is to blame.

    Invalid when it is no host name that a site may have. Taken when it is a site's already, or when a domain above
    or below it belongs to somebody else: names below one another share cookies.
    """
    host = _normal(text, field)  # 1
    _refuse_taken(ask, host, site, field)  # 2
    primary = not site.domains.filter(primary=True).exists()
    domain = Domain.objects.create(site=site, host=host, primary=primary, tls=first_tls(host))  # 3
    Certificate.objects.create(domain=domain)  # 4
    return domain


def let_go(site: Site) -> None:
    """The names of a deleted site are free for others; what was chosen for them is kept."""
    Domain.objects.filter(site=site).update(kept=True, served=False)


def claim_back(ask: Ask, site: Site, hosts: list[str], *, without_taken: bool) -> list[int]:
    """Make what was let go the site's again. Raises Taken with the holder of a name that somebody has meanwhile.

    *hosts*: its names as they were, the primary one first. *without_taken*: leave those that are taken out, and
    return the ids of their rows. One name at least comes back.
    """
    kept = Domain.every.filter(site=site, kept=True)
    holders = {domain.pk: told for domain in kept if (told := _held(ask, domain, site))}
    if holders and not without_taken:
        raise Taken("without_taken", f"{next(iter(holders.values()))} {WAYS_BACK}")
    if holders and len(holders) == len(kept):
        raise Taken("without_taken", f"{next(iter(holders.values()))} {NO_OTHER}")
    kept.exclude(pk__in=holders).update(kept=False)
    _name_primary(site, hosts)
    return sorted(holders)


def forget_names(site: Site, left: list[int]) -> None:
    """Those without which *site* has come back."""
    Domain.every.filter(site=site, kept=True, pk__in=left).delete()


def _name_primary(site: Site, hosts: list[str]) -> None:
    """The first of *hosts* that is there."""
    order = {host: place for place, host in enumerate(hosts)}
    there = sorted(Domain.objects.filter(site=site), key=lambda domain: order.get(domain.host, len(hosts)))
    if there and not there[0].primary:
        Domain.every.filter(site=site, primary=True).update(primary=False)
        Domain.objects.filter(pk=there[0].pk).update(primary=True, redirects=False)


def _held(ask: Ask, domain: Domain, site: Site) -> str:
    """Who has the name meanwhile, as a sentence; empty where it can come back."""
    holder = Domain.objects.filter(host=domain.host).select_related("site").first()
    if holder is not None:
        return f"{domain.host} belongs to {holder.site.slug} meanwhile."
    try:
        _refuse_taken(ask, domain.host, site, "without_taken")
    except Taken as taken:
        return str(taken)
    return ""


def first_tls(host: str) -> Domain.Tls:
    """Who certifies a new name: an authority that visitors know, where one can."""
    chosen = settings.PRODUCTION or settings.ACME[0]
    return Domain.Tls.MANAGED if chosen and can_be_managed(host) else Domain.Tls.INTERNAL


def can_be_managed(host: str) -> bool:
    """Whether the front can get a certificate for *host* from another authority than its own."""
    return not is_private(host, settings.HTTPS_PORT, Acme(*settings.ACME))


def _normal(text: str, field: str) -> str:
    panel = settings.PANEL_HOST
    try:
        host = normalise(text, development=not settings.PRODUCTION, reserved=(panel,))
    except ValueError as error:
        raise Invalid(field, str(error)) from error
    if host.endswith(f".{panel}"):
        raise Invalid(field, f"{host} lies below {panel}, which is the panel's own name; give the site another one.")
    return host


def _refuse_taken(ask: Ask, host: str, site: Site, field: str) -> None:
    labels = host.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    near = Domain.objects.filter(host__in=above) | Domain.objects.filter(host__endswith=f".{host}")
    for other in near.select_related("site"):
        if other.host == host:
            raise Taken(field, f"The domain {host} belongs to a site already; choose another or remove it there.")
        if not _is_allowed_beside(ask, site, other.site):
            lies = "below" if other.host in above else "above"
            raise Taken(field, f"{host} lies {lies} {other.host}, which is somebody else's; ask the host's staff.")


def _is_allowed_beside(ask: Ask, site: Site, other: Site) -> bool:
    """The host's staff may put anybody's names below anybody's; an owner his own below his own."""
    if ask.user is None or ask.user.is_staff:
        return True
    return other.owner_id is not None and other.owner_id == site.owner_id
