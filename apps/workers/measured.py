"""What can be read of what a site's worker did, at every door."""

from __future__ import annotations

from typing import Any

from apps.lifecycle.requests import require
from apps.operations.asking import Ask
from apps.operations.doors.table import Field, Look
from apps.operations.refusals import Invalid
from apps.sites.models import Site
from apps.workers.series import RANGES, series

VIEW = "sites.view_site"
FIRST = "24h"
COLUMNS = ("at", "requests", "errors", "p50_ms", "p95_ms", "cpu_seconds", "memory_mb", "files_mb", "databases_mb")


def read_metrics(ask: Ask, site: Site, *, range: str = FIRST) -> list[dict[str, Any]]:
    """``[{at, requests, errors, p50_ms, …}]`` with all that COLUMNS names, oldest first: from the records."""
    require(ask, "site:read", VIEW, site)
    if range not in RANGES:
        raise Invalid("range", f"{range[:40]!r} is no time to look back; choose one of {', '.join(RANGES)}.")
    return [point.told() for point in series(site, RANGES[range])]


METRICS = Look(
    "metrics",
    read_metrics,
    "site:read",
    VIEW,
    "Metrics",
    "What a site's worker did: requests, answers of 500 and above, how long they took, CPU, memory and disk.",
    "./panel site metrics rose-sons --range 24h --format csv",
    fields=(Field("range", f"How far to look back: {', '.join(RANGES)}.", required=False),),
    columns=COLUMNS,
)
