from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class SitesConfig(AppConfig):
    name = "apps.sites"

    def ready(self) -> None:
        """Register what this app's runners answer, seal and look after."""
        import_module("apps.sites.questions")
        import_module("apps.sites.sealed")
        import_module("apps.sites.usage")
