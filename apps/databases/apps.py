from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class DatabasesConfig(AppConfig):
    name = "apps.databases"

    def ready(self) -> None:
        """Register what this app's runners answer, and what they seal."""
        import_module("apps.databases.questions")
        import_module("apps.databases.sealed")
