"""What is told of a job's runs."""

from __future__ import annotations

from typing import Any

from apps.cron.models import Cron
from apps.cron.shapes import told
from apps.lifecycle.requests import require
from apps.operations.asking import Ask

VIEW = "sites.view_site"


def runs_of(ask: Ask, cron: Cron) -> list[dict[str, Any]]:
    """Its last runs, the newest first: how each ended, and the first and last of what it said."""
    require(ask, "cron:read", VIEW, cron.site)
    return [told(run) for run in cron.runs.all()]
