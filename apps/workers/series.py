"""A site's samples over a time, in steps of one length: for charts, and for scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import now

from apps.sites.models import Site
from apps.workers.counting import quantile, start_of, together
from apps.workers.models import Sample

MINUTE, HOUR, DAY = 60, 3600, 86400
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Range:
    """The last *length* seconds in steps of *step*, from samples of *span*. *each*: that step in words."""

    label: str
    each: str
    length: int
    step: int
    span: int


RANGES = {
    "1h": Range("1 hour", "a minute", HOUR, MINUTE, Sample.Span.MINUTE),
    "24h": Range("24 hours", "15 minutes", DAY, 15 * MINUTE, Sample.Span.MINUTE),
    "7d": Range("7 days", "2 hours", 7 * DAY, 2 * HOUR, Sample.Span.HOUR),
    "30d": Range("30 days", "6 hours", 30 * DAY, 6 * HOUR, Sample.Span.HOUR),
}


@dataclass
class Point:
    """What was in one step. *cpu* in milliseconds, the other sizes in bytes; None where nothing was measured."""

    at: datetime
    requests: int = 0
    errors: int = 0
    buckets: list[int] = field(default_factory=list)
    cpu: int = 0
    memory: int | None = None
    files: int | None = None
    databases: int | None = None

    def take(self, row: Sample) -> None:
        self.requests += row.requests
        self.errors += row.errors
        self.buckets = together(self.buckets, row.buckets)
        self.cpu += row.cpu
        self.memory = max(self.memory or 0, row.memory)
        self.files, self.databases = _larger(self.files, row.files), _larger(self.databases, row.databases)

    def took(self, share: float) -> float | None:
        """Milliseconds."""
        seconds = quantile(self.buckets, share)
        return None if seconds is None else round(seconds * 1000, 1)

    def told(self) -> dict[str, Any]:
        return {
            "at": self.at,
            "requests": self.requests,
            "errors": self.errors,
            "p50_ms": self.took(0.5),
            "p95_ms": self.took(0.95),
            "cpu_seconds": round(self.cpu / 1000, 2),
            "memory_mb": megabytes(self.memory),
            "files_mb": megabytes(self.files),
            "databases_mb": megabytes(self.databases),
        }


def megabytes(size: int | None) -> float | None:
    return None if size is None else round(size / MEBIBYTE, 1)


def _larger(one: int | None, other: int | None) -> int | None:
    return other if one is None else max(one, other or 0)


def series(site: Site, chosen: Range) -> list[Point]:
    """A point for each step, oldest first, also of those in which nothing was measured. One query."""
    first = start_of(now(), chosen.step) - timedelta(seconds=chosen.length - chosen.step)
    steps = [first + timedelta(seconds=chosen.step * number) for number in range(chosen.length // chosen.step)]
    points = {at: Point(at) for at in steps}
    for row in Sample.objects.filter(site=site, span=chosen.span, at__gte=first):
        if point := points.get(start_of(row.at, chosen.step)):
            point.take(row)
    return list(points.values())
