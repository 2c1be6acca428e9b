"""Whose backup schedules somebody may see: those of the sites that he may see."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from apps.backups.models import Schedule
from apps.sites import visible


def visible_to(user: User | AnonymousUser) -> QuerySet[Schedule]:
    seen = visible.visible_to(user).order_by().values("pk")
    return Schedule.objects.filter(site__in=seen).select_related("site__server").order_by("name")
