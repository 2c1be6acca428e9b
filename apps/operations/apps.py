from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "apps.operations"

    def ready(self) -> None:
        """Register what is sealed in the journal."""
        import_module("apps.operations.sealed")
