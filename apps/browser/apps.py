from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class BrowserConfig(AppConfig):
    name = "apps.browser"

    def ready(self) -> None:
        """Register what this app's runners answer, and what they do by themselves."""
        for name in ("questions", "chores"):
            import_module(f"apps.browser.{name}")
