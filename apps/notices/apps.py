from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "apps.notices"

    def ready(self) -> None:
        """Register what is watched for, what a server looks after by itself, and what its doors seal."""
        for name in ("watches", "chores", "sealed"):
            import_module(f"apps.notices.{name}")
