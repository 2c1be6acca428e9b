"""Which databases somebody may see: those of the sites that he may see."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from apps.databases.models import Database
from apps.sites import visible


def visible_to(user: User | AnonymousUser) -> QuerySet[Database]:
    seen = visible.visible_to(user).order_by().values("pk")
    found = Database.objects.filter(site__in=seen).select_related("site", "site__server")
    return found.prefetch_related("exports")
