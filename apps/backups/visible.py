"""Which backups somebody may see: those of the sites that he may see, and of sites that are gone the host's people."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet

from apps.backups.models import Backup
from apps.sites import visible


def visible_to(user: User | AnonymousUser) -> QuerySet[Backup]:
    seen = Q(site__in=visible.visible_to(user).order_by().values("pk"))
    if user.has_perm(f"sites.{visible.VIEW}"):
        seen |= Q(site=None)
    return Backup.objects.filter(seen, removed_at=None).select_related("site__server", "server")
