"""Which databases somebody may see: those of the sites that he may see."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet

from apps.databases.models import Database
from apps.sites import visible
from apps.sites.models import Site

DELETED = Database.Status.DELETED


def listed(databases: QuerySet[Database], status: str) -> QuerySet[Database]:
    """Those of *status*; deleted ones where they are asked for. Those of a deleted site are deleted with it."""
    gone = Q(status=DELETED) | Q(site__status=Site.Status.DELETED)
    if status == DELETED:
        return databases.filter(gone)
    return databases.exclude(gone).filter(**{"status": status} if status else {})


def visible_to(user: User | AnonymousUser) -> QuerySet[Database]:
    seen = visible.visible_to(user).order_by().values("pk")
    found = Database.objects.filter(site__in=seen).select_related("site", "site__server")
    return found.prefetch_related("exports")
