from __future__ import annotations

from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class PanelAdminConfig(AdminConfig):
    """Django's admin, with the panel's own site as ``admin.site``."""

    default_site = "apps.accounts.admin_site.PanelAdminSite"

    def ready(self) -> None:
        """A runner and beat show no pages: without them each of their processes is the smaller."""
        if settings.ROLE not in ("runner", "beat"):
            super().ready()
