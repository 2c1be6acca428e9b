"""Which addresses in a site's database become others when another of its domains is the primary one."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.databases.models import Database
from apps.domains.models import Domain
from apps.operations.refusals import Invalid
from apps.sites.models import Site

STANDARD = 443


def rewriting_to(domain: Domain, *, becomes_primary: bool) -> dict[str, Any]:
    """The parameters for it. Raises Invalid where there is nothing to rewrite.

    What was the primary domain's address becomes that of *domain*; where it is the primary one already, the addresses
    of the site's other names do.
    """
    if not becomes_primary and not domain.primary:
        raise Invalid("rewrite", f"{domain} is not the primary domain; addresses become those of a primary one alone.")
    database = main_database(domain.site)
    if database is None:
        raise Invalid("rewrite", f"{domain.site.slug} has no database; leave this out.")
    others = Domain.objects.filter(site=domain.site).exclude(pk=domain.pk)
    old = others.filter(primary=True) if becomes_primary and not domain.primary else others
    if not old:
        raise Invalid("rewrite", f"{domain} is the site's only name; there is no other address to rewrite.")
    return {"database_id": database.pk, "rewrite": {address_of(one.host): address_of(domain.host) for one in old}}


def main_database(site: Site) -> Database | None:
    """The one that the site was made with; None where it has none."""
    return site.databases.filter(status=Database.Status.ACTIVE).first()


def address_of(host: str) -> str:
    """*host* with the public port where that is not 443."""
    return host if settings.HTTPS_PORT == STANDARD else f"{host}:{settings.HTTPS_PORT}"
