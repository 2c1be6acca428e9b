from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "apps.lifecycle"

    def ready(self) -> None:
        """Register the flows: whoever reads a journal must know what its keys mean."""
        import_module("apps.lifecycle.site")
        import_module("apps.lifecycle.runtime")
