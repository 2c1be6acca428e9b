from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "apps.backups"

    def ready(self) -> None:
        """Register what this app's runners seal and answer, what they do by themselves, and what needs a hand."""
        for name in ("sealed", "questions", "downloads", "chores", "panel_chores", "copy_chores", "watches"):
            import_module(f"apps.backups.{name}")
