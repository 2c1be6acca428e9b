from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "apps.mail"

    def ready(self) -> None:
        """Register what a server looks after by itself, and what is sealed for it."""
        for name in ("chores", "sealed"):
            import_module(f"apps.mail.{name}")
