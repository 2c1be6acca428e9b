"""The admin's first page, its search, and what the sidebar warns of."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from apps.backups.recovery import without_one
from apps.lifecycle.key_rotation import PERMISSION
from apps.operations.live import LiveOperation
from apps.operations.models import Operation
from apps.operations.visible import visible_to as operations_visible_to
from apps.servers.models import Server
from apps.sites.badges import SITE, kind_label
from apps.sites.models import Site
from apps.sites.visible import visible_to

RECENT = 8
FOUND_AT_MOST = 20


def add_to(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Put onto the dashboard: sites by status, what runs now, what ran lately."""
    return context | {
        "counts": counts(request),
        "running": running(request),
        "recent": [LiveOperation(operation) for operation in _ended(request)[:RECENT]],
        "may_create": request.user.has_perm("sites.add_site"),
        "unrecoverable": unrecoverable(request),
    }


def counts(request: HttpRequest) -> list[dict[str, Any]]:
    """How many sites there are in each status that any is in. The states that want a look come first."""
    rows = visible_to(request.user).order_by().values("status").annotate(number=Count("pk"))
    numbers = {row["status"]: row["number"] for row in rows}
    return [
        {"status": status.value, "label": status.label, "number": numbers[status], "colour": SITE[status]}
        for status in Site.Status
        if status in numbers
    ]


def running(request: HttpRequest) -> list[LiveOperation]:
    """What runs or is stuck now, the stuck first: they wait for somebody."""
    at_work = operations_visible_to(request.user).filter(status__in=(*Operation.LIVE, Operation.Status.STUCK))
    found = at_work.prefetch_related("lines").order_by("-id")[:RECENT]
    return sorted((LiveOperation(operation) for operation in found), key=lambda live: not live.can_resume)


def found(request: HttpRequest, term: str) -> list[SearchResult]:
    """The sites whose name or address has *term* in it."""
    named = Q(name__icontains=term) | Q(pk__in=_with_host(term))
    sites = visible_to(request.user).filter(named).prefetch_related("domains")[:FOUND_AT_MOST]
    return [
        SearchResult(
            title=site.name,
            description=f"{kind_label(site)}, {next(iter(site.hosts), site.get_status_display().lower())}",
            link=reverse("admin:sites_site_change", args=[site.pk]),
            icon="language",
        )
        for site in sites
    ]


def unrecoverable(request: HttpRequest) -> list[Server]:
    """The servers without a recovery key, for whoever may give them one."""
    return list(without_one()) if request.user.has_perm(PERMISSION) else []


def need_a_hand(request: HttpRequest) -> str:
    """How many operations are stuck; empty where none is."""
    stuck = operations_visible_to(request.user).filter(status=Operation.Status.STUCK).count()
    return str(stuck or "")


def _ended(request: HttpRequest) -> Any:
    ended = operations_visible_to(request.user).filter(status__in=(Operation.Status.DONE, Operation.Status.UNDONE))
    return ended.order_by("-id")


def _with_host(term: str) -> Any:
    return Site.objects.filter(domains__host__icontains=term).order_by().values("pk")
