"""The domains of a site, on its page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.domains.acts import DOMAIN
from apps.domains.badges import certificate_badge, dns_badge
from apps.domains.models import Domain
from apps.domains.visible import in_full
from apps.operations.admin_base import user_of
from apps.operations.doors.forms import links_of, rows_of
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.sites.tabs import Tab, register

BUSY = (*Operation.LIVE, Operation.Status.STUCK)


def _context(request: HttpRequest, site: Site) -> dict[str, Any]:
    """The rows, each with its badges and what may be done to it, and how a further one is added."""
    user, domains = user_of(request), in_full(Domain.objects.filter(site=site))
    busy = Operation.objects.filter(subject_kind="site", subject_id=site.pk, status__in=BUSY).exists()
    return {
        "rows": [
            (row, dns_badge(row.subject), certificate_badge(row.subject))
            for row in rows_of(DOMAIN, domains, user, busy=busy)
        ],
        "creating": [] if busy else links_of(DOMAIN, site, user, creating=True),
        "busy": busy,
    }


register(Tab("domains", "Domains", 10, "admin/domains/domain/tab.html", _context))
