from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class DomainsConfig(AppConfig):
    name = "apps.domains"

    def ready(self) -> None:
        """Register what this app's servers look after, and what is sealed for them."""
        for name in ("chores", "sealed"):
            import_module(f"apps.domains.{name}")
