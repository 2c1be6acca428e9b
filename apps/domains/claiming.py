"""Domain Lifecycle / 1. Domain Addition 1 to 3: whether a host name may become a site's."""

from __future__ import annotations

from django.conf import settings

from apps.domains.hostname import normalise
from apps.domains.models import Certificate, Domain
from apps.operations.asking import Ask
from apps.operations.refusals import Invalid, Taken
from apps.sites.models import Site


def claim_domain(ask: Ask, text: str, site: Site) -> Domain:
    """Write *text*, normalised, as the primary domain of *site*.

    Invalid when it is no host name that a site may have, Taken when it, or a domain above it, is somebody else's.
    """
    try:
        host = normalise(text, development=not settings.PRODUCTION, reserved=(settings.PANEL_HOST,))
    except ValueError as error:
        raise Invalid("domain", str(error)) from error
    _refuse_taken(ask, host)
    tls = Domain.Tls.MANAGED if settings.PRODUCTION or settings.ACME[0] else Domain.Tls.INTERNAL
    domain = Domain.objects.create(site=site, host=host, primary=True, tls=tls)
    Certificate.objects.create(domain=domain)
    return domain


def _refuse_taken(ask: Ask, host: str) -> None:
    labels = host.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    for domain in Domain.objects.filter(host__in=above).select_related("site"):
        if domain.host == host:
            raise Taken("domain", f"The domain {host} belongs to a site already; choose another or remove it there.")
        if not _is_hers(ask, domain.site):
            raise Taken("domain", f"{host} lies below {domain.host}, which is somebody else's; ask the host's staff.")


def _is_hers(ask: Ask, site: Site) -> bool:
    return ask.user is None or ask.user.is_staff or site.owner == ask.user
