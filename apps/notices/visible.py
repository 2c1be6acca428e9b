"""Which notices somebody may see: of the sites that he may see, and of servers if he is one of the host's people."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Prefetch, Q, QuerySet

from apps.notices.models import Delivery, Notice
from apps.sites import visible

SERVERS = "servers.view_server"


def visible_to(user: User | AnonymousUser) -> QuerySet[Notice]:
    seen = Q(site__in=visible.visible_to(user).order_by().values("pk"))
    if user.is_active and user.has_perm(SERVERS):
        seen |= Q(site=None)
    return in_full(Notice.objects.filter(seen))


def in_full(notices: QuerySet[Notice]) -> QuerySet[Notice]:
    """*notices* with all that a door shows of them, in two queries."""
    deliveries = Prefetch("deliveries", Delivery.objects.select_related("event").order_by("-id"))
    return notices.select_related("site", "site__server", "server").prefetch_related(deliveries)
