"""Celery's results in the panel's database. The journal says what was done; a result is for looking things up."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django_celery_results.backends.database import DatabaseBackend

from apps.operations.commits import need_not_wait


class Results(DatabaseBackend):  # type: ignore[misc]
    """One transaction for each, whose commit waits for no disk."""

    def _store_result(self, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            need_not_wait()
            return super()._store_result(*args, **kwargs)
