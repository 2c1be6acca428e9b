"""How the admin looks, and what stands in its sidebar. Colours are in panel.css: no page has inline style."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _static(path: str) -> Any:
    return lambda request: static(path)


def _no_inline_colours(request: HttpRequest) -> dict[str, str]:
    return {}


def _item(title: str, icon: str, view: str, permission: str = "", **more: Any) -> dict[str, Any]:
    item = {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{view}"), **more}
    if permission:
        item["permission"] = lambda request: request.user.has_perm(permission)
    return item


STUCK = "apps.sites.dashboard.need_a_hand"
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "FrankenPanel",
    "SITE_HEADER": "FrankenPanel",
    "SITE_SUBHEADER": lambda request: request.get_host().partition(":")[0],
    "SITE_URL": None,
    "SITE_ICON": _static("panel/logo.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _static("panel/favicon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": _no_inline_colours,
    "STYLES": [_static("panel/panel.css")],
    "SCRIPTS": [_static("panel/panel.js")],
    "DASHBOARD_CALLBACK": "apps.sites.dashboard.add_to",
    "COMMAND": {"search_callback": "apps.sites.dashboard.found"},
    "ACCOUNT": {
        "navigation": [
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
            {"title": "Second factor", "link": reverse_lazy("admin:second_factor")},
        ]
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": [
            {"items": [_item("Dashboard", "dashboard", "index")]},
            {
                "title": "Hosting",
                "separator": True,
                "items": [
                    _item("Sites", "language", "sites_site_changelist"),
                    _item("Operations", "sync", "operations_operation_changelist", badge=STUCK, badge_variant="danger"),
                ],
            },
            {
                "title": "System",
                "separator": True,
                "items": [
                    _item("Servers", "dns", "servers_server_changelist", "servers.view_server"),
                    _item("Runtimes", "memory", "servers_runtime_changelist", "servers.view_runtime"),
                    _item("Users", "person", "auth_user_changelist", "auth.view_user"),
                    _item("Groups", "group", "auth_group_changelist", "auth.view_group"),
                    _item("API tokens", "key", "accounts_apitoken_changelist", "accounts.view_apitoken"),
                    _item("Audit log", "policy", "audit_auditrow_changelist", "audit.view_auditrow"),
                ],
            },
        ],
    },
}
