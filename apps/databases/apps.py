from __future__ import annotations

from django.apps import AppConfig


class DatabasesConfig(AppConfig):
    name = "apps.databases"
