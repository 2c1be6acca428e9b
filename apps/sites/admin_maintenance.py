"""The side of a site's page that shows the link past its maintenance page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.operations.admin_base import DOOR, told_as_message, user_of
from apps.operations.asking import Ask
from apps.sites.looks import read_pass
from apps.sites.models import Site
from apps.sites.tabs import Tab


def _link(request: HttpRequest, site: Site) -> dict[str, Any]:
    with told_as_message(request):
        return read_pass(Ask(user=user_of(request), door=DOOR), site)
    return {}


def _is_in_maintenance(site: Site) -> bool:
    return site.status == Site.Status.MAINTENANCE


MAINTENANCE = Tab(
    "maintenance", "Maintenance", 90, "admin/sites/site/maintenance.html", _link, shown=_is_in_maintenance
)
