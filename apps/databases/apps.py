from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class DatabasesConfig(AppConfig):
    name = "apps.databases"

    def ready(self) -> None:
        """Register what this app's runners answer and seal, and what they do by themselves."""
        for name in ("questions", "sealed", "downloads", "chores"):
            import_module(f"apps.databases.{name}")
