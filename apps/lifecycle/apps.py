from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig

LIFECYCLES = (
    *("site", "site_activation", "site_maintenance", "site_suspension", "site_update", "runtime"),
    *("site_deletion", "site_purge"),
    *("worker", "worker_watch"),
    *("database", "database_rotation", "database_deletion", "database_dumps"),
    *("domain", "cron", "mail", "notice", "browser"),
    *("backup", "backup_import", "restore", "clone", "drill", "schedule", "target"),
    *("recovery_key", "panel_backup", "recovery"),
    "key_rotation",
    "purging",
)


class LifecycleConfig(AppConfig):
    name = "apps.lifecycle"

    def ready(self) -> None:
        """Register the flows: whoever reads a journal must know what its keys mean."""
        for name in LIFECYCLES:
            import_module(f"apps.lifecycle.{name}")
