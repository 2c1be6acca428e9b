"""Arithmetic of what workers count: what is new since the last reading, what belongs together, how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from apps.host.worker_metrics import BOUNDS, Reading
from apps.workers.models import Sample

New = dict[str, Any]
YOUNG = 120.0
"""Seconds: all that an older process has counted before it was read for the first time is not of this minute."""


def difference(before: Mapping[str, Any], reading: Reading) -> New:
    """``{buckets, errors, cpu}`` since the last reading. A new process, and one that was reloaded, began at nothing."""
    if not before and (datetime.now(UTC) - reading.since).total_seconds() > YOUNG:
        return {"buckets": [0] * len(BOUNDS), "errors": 0, "cpu": 0}
    same = before.get("started") == reading.started
    goes_on = same and sum(before["buckets"]) <= sum(reading.buckets)
    old = before["buckets"] if goes_on else [0] * len(BOUNDS)
    buckets = [max(0, now - was) for now, was in zip(reading.buckets, old, strict=True)]
    return {
        "buckets": buckets,
        "errors": max(0, reading.errors - (before["errors"] if goes_on else 0)),
        "cpu": max(0, reading.cpu - (before["cpu"] if same else 0)),
    }


def add(row: Sample, new: New, memory: int) -> Sample:
    """Count *new* in the row's span, too."""
    row.buckets = together(row.buckets, new["buckets"])
    row.requests += sum(new["buckets"])
    row.errors += new["errors"]
    row.cpu += new["cpu"]
    row.memory = memory
    return row


def together(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Two counts as one; none at all counts nothing."""
    none = [0] * len(BOUNDS)
    return [sum(pair) for pair in zip(one or none, other or none, strict=True)]


def start_of(at: datetime, seconds: int) -> datetime:
    """When the minute, hour … begins that *at* is in."""
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def quantile(buckets: Sequence[int], share: float) -> float | None:
    """Seconds that *share* of the requests did not take longer than, as Prometheus reckons it; None of no requests."""
    rank, seen, lower = sum(buckets) * share, 0, 0.0
    for count, bound in zip(buckets, BOUNDS, strict=False):
        if count and seen + count >= rank:
            return lower if bound == BOUNDS[-1] else lower + (bound - lower) * (rank - seen) / count
        seen, lower = seen + count, bound
    return None
