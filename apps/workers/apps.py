from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    name = "apps.workers"

    def ready(self) -> None:
        """Register what this app's runners answer, and do by themselves."""
        import_module("apps.workers.questions")
        import_module("apps.workers.chores")
        import_module("apps.workers.sampling")
