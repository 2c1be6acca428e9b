"""Readings of workers as records: as many queries for many as for one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.utils.timezone import now

from apps.host.worker_metrics import Reading
from apps.sites.disk import disk_of
from apps.sites.models import Site
from apps.workers.counting import New, add, difference, start_of
from apps.workers.models import Sample, WorkerState

Found = tuple[Site, Reading | None]


def write_down(found: Iterable[Found]) -> None:
    at, states, news = now(), [], []
    for site, reading in found:
        state = getattr(site, "worker", None) or WorkerState(site=site)
        state.measured_at = at
        if reading is not None:
            news.append((site, reading.memory, difference(state.counted, reading)))
            state.since, state.memory = reading.since, reading.memory
            state.counted = {
                "started": reading.started,
                "buckets": list(reading.buckets),
                "errors": reading.errors,
                "cpu": reading.cpu,
            }
        states.append(state)
    fields = ["since", "memory", "measured_at", "counted"]
    WorkerState.objects.bulk_create(states, update_conflicts=True, unique_fields=["site"], update_fields=fields)
    _write_samples(at, news)


def _write_samples(at: datetime, news: list[tuple[Site, int, New]]) -> None:
    """Add to this minute and to this hour; both rows may be there already."""
    starts = {span: start_of(at, span) for span in Sample.Span}
    mine = Q(site__in=[site for site, _, _ in news])
    one_of_them = [Q(span=span, at=begins) for span, begins in starts.items()]
    there = {(row.site_id, row.span): row for row in Sample.objects.filter(mine, one_of_them[0] | one_of_them[1])}
    rows = []
    for site, memory, new in news:
        for span, begins in starts.items():
            row = there.get((site.pk, span)) or Sample(site=site, span=span, at=begins)
            row.files, row.databases = disk_of(site).files, disk_of(site).databases
            rows.append(add(row, new, memory))
    Sample.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["site", "span", "at"],
        update_fields=["requests", "errors", "buckets", "cpu", "memory", "files", "databases"],
    )
