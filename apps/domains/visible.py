"""Which domains somebody may see: those of the sites that he may see."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from apps.domains.models import Domain
from apps.sites import visible


def visible_to(user: User | AnonymousUser) -> QuerySet[Domain]:
    seen = visible.visible_to(user).order_by().values("pk")
    return in_full(Domain.objects.filter(site__in=seen))


def in_full(domains: QuerySet[Domain]) -> QuerySet[Domain]:
    """*domains* with all that their shape shows: one query more, however many there are."""
    return domains.select_related("site", "site__server", "certificate").prefetch_related("path_redirects")
