"""Domain Removal: whether a name may go, and which one becomes the primary one after it."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.domains.models import Domain
from apps.operations.refusals import Invalid


def others_of(domain: Domain) -> QuerySet[Domain]:
    """The site's names that stay when *domain* goes."""
    return Domain.objects.filter(site=domain.site_id, removing=False).exclude(pk=domain.pk).order_by("pk")


def heir_of(domain: Domain, named: str) -> Domain | None:
    """The one called *named*, which becomes the primary one; None where nobody has to. Raises Invalid."""
    others = {one.host: one for one in others_of(domain)}
    if not domain.primary and named:
        raise Invalid("primary", f"{domain} is not the primary domain, so none has to follow it; leave that out.")
    if not domain.primary or not others:
        return None
    if named not in others:
        raise Invalid("primary", _needs_an_heir(domain, list(others)))
    return others[named]


def stands_against_removal(domain: Domain, heir: Domain | None, last: bool) -> str:
    """Why *domain* cannot go as things are now; empty where it can. *last* says that it may be the site's last one."""
    others = others_of(domain)
    if not others.exists():
        told = f"{domain} is the last domain of {domain.site.slug}: nobody reaches the site without one."
        return "" if last else f"{told} Add another first, or say that it may be the last."
    if domain.primary and (heir is None or heir.removing):
        return _needs_an_heir(domain, [one.host for one in others])
    return ""


def _needs_an_heir(domain: Domain, others: list[str]) -> str:
    told = ", ".join(others[:5])
    return f"{domain} is the primary domain of {domain.site.slug}; say which becomes the primary one: {told}."
