from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "apps.backups"

    def ready(self) -> None:
        """Register what this app's runners seal."""
        import_module("apps.backups.sealed")
