from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class DomainsConfig(AppConfig):
    name = "apps.domains"

    def ready(self) -> None:
        """Register what this app's servers look after."""
        import_module("apps.domains.chores")
