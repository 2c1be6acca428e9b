"""Who is told of a site, on its page: what each was told last, and whether it came there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.notices.acts import NOTICE
from apps.notices.rows import rows
from apps.operations.admin_base import user_of
from apps.operations.doors.forms import links_of
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.sites.tabs import Tab, register

BUSY = (*Operation.LIVE, Operation.Status.STUCK)


def _context(request: HttpRequest, site: Site) -> dict[str, Any]:
    """A flat number of queries."""
    busy = Operation.objects.filter(subject_kind="site", subject_id=site.pk, status__in=BUSY).exists()
    user = user_of(request)
    return {
        "notices": rows(site.notices.all(), user, busy=busy),
        "creating": [] if busy else links_of(NOTICE, site, user, creating=True),
        "busy": busy,
    }


register(Tab("notices", "Notices", 47, "admin/notices/notice/tab.html", _context))
