"""Which sites somebody may see: the one answer that lists, pages and choices of every door start from."""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, Q, QuerySet

from apps.sites.models import Site, SiteGroupPermission, SiteUserPermission

Below = TypeVar("Below", bound=Model)
VIEW = "view_site"


def listed(sites: QuerySet[Site], status: str) -> QuerySet[Site]:
    """Those of *status*; where none is named, all but the deleted ones: they are asked for by that name."""
    return sites.filter(status=status) if status else sites.exclude(status=Site.Status.DELETED)


def listed_below(found: QuerySet[Below], status: str) -> QuerySet[Below]:
    """What belongs to a site is deleted with it."""
    gone = Q(site__status=Site.Status.DELETED)
    return found.filter(gone) if status == Site.Status.DELETED else found.exclude(gone)


def visible_to(user: User | AnonymousUser) -> QuerySet[Site]:
    """Every site for whom ``sites.view_site`` is given on all, else those owned and those given one by one."""
    if user.is_anonymous or not user.is_active:
        return Site.objects.none()
    if user.has_perm(f"sites.{VIEW}"):
        return Site.objects.all()
    as_user = SiteUserPermission.objects.filter(user=user, permission__codename=VIEW)
    as_member = SiteGroupPermission.objects.filter(group__user=user, permission__codename=VIEW)
    given = Q(pk__in=as_user.values("content_object")) | Q(pk__in=as_member.values("content_object"))
    return Site.objects.filter(Q(owner=user) | given)
