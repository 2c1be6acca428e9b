from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class PanelAdminConfig(AdminConfig):
    """Django's admin, with the panel's own site as ``admin.site``."""

    default_site = "apps.accounts.admin_site.PanelAdminSite"
