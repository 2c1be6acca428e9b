"""Tabs of a site's page: its logs, and what its worker did."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.operations.admin_base import DOOR, REFUSALS, user_of
from apps.operations.asking import Ask
from apps.operations.telling import refusal_of
from apps.sites.models import Site
from apps.sites.tabs import Tab, register
from apps.workers.looks import read_logs
from apps.workers.metrics_page import metrics

PAGE, BARE = "admin/sites/site/page.html", "admin/bare.html"
LINES = 200
WHICH = (("access", "Requests"), ("php", "PHP"), ("worker", "Worker"))


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for what has changed on a page that is there."""
    return request.headers.get("HX-Request") == "true"


def logs(request: HttpRequest, site: Site) -> dict[str, Any]:
    """The page comes at once, and asks for the lines itself: a runner reads them, which may be busy."""
    which, wanted = request.GET.get("which", "access"), request.GET.get("filter", "")
    follow = "which" not in request.GET or "follow" in request.GET
    chosen = {"which": which, "wanted": wanted, "follow": follow, "choices": WHICH}
    if not is_part(request):
        return {**chosen, "base": PAGE}
    try:
        asked = Ask(user=user_of(request), door=DOOR)
        lines = read_logs(asked, site, which=which, lines=LINES, filter=wanted)
    except REFUSALS as error:
        return {**chosen, "base": BARE, "trouble": str(refusal_of(error))}
    return {**chosen, "base": BARE, "lines": lines, "is_read": True}


register(Tab("metrics", "Metrics", 60, "admin/sites/site/metrics.html", metrics))
register(Tab("logs", "Logs", 50, "admin/sites/site/logs.html", logs))
