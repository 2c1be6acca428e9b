"""What the tab "Metrics" of a site's page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.sites.models import Site
from apps.workers.charts import Chart, Value, bars, curves
from apps.workers.counting import together
from apps.workers.measured import FIRST
from apps.workers.series import MEBIBYTE, RANGES, Point, Range, megabytes, series


def metrics(request: HttpRequest, site: Site) -> dict[str, Any]:
    """One query, whatever the range."""
    key = request.GET.get("range", FIRST)
    chosen = RANGES.get(key, RANGES[FIRST])
    points = series(site, chosen)
    measured = any(point.memory is not None for point in points)
    return {
        "ranges": [(name, one.label, one is chosen) for name, one in RANGES.items()],
        "charts": _charts(points, chosen) if measured else [],
        "begin": points[0].at,
        "end": points[-1].at,
    }


def _charts(points: list[Point], chosen: Range) -> list[Chart]:
    charts = _worker(points, chosen)
    return [*charts, _disk(points)] if any(point.files is not None for point in points) else charts


def _worker(points: list[Point], chosen: Range) -> list[Chart]:
    memory = [point.memory for point in points if point.memory is not None]
    cpu = sum(point.cpu for point in points) / 1000
    return [
        bars(
            "Requests",
            f"in {chosen.each}; red: errors of the server",
            _asked(points),
            points,
            {"": lambda point: point.requests, "errors": lambda point: point.errors},
        ),
        curves(
            "Response time",
            "ms; orange: 95 of 100 were faster",
            _took(points),
            points,
            {"p95": lambda point: point.took(0.95), "p50": lambda point: point.took(0.5)},
        ),
        curves(
            "Memory",
            "MB",
            f"now {memory[-1] / MEBIBYTE:.0f} MB, at most {max(memory) / MEBIBYTE:.0f} MB",
            points,
            {"p50": lambda point: megabytes(point.memory)},
        ),
        bars(
            "CPU",
            "% of a core",
            f"{cpu:.1f} seconds in all",
            points,
            {"": lambda point: round(point.cpu / (chosen.step * 10), 2)},
        ),
    ]


def _disk(points: list[Point]) -> Chart:
    last = next(point for point in reversed(points) if point.files is not None)
    files, databases = megabytes(last.files), megabytes(last.databases)
    told = f"now {files} MB of files" + ("" if databases is None else f", {databases} MB in databases")
    lines: dict[str, Value] = {
        "p95": lambda point: megabytes(point.databases),
        "p50": lambda point: megabytes(point.files),
    }
    return curves("Disk", "MB; orange: databases", told, points, lines)


def _asked(points: list[Point]) -> str:
    requests, errors = sum(point.requests for point in points), sum(point.errors for point in points)
    return f"{requests:,} in all, {errors:,} of them errors"


def _took(points: list[Point]) -> str:
    whole = Point(points[0].at)
    for point in points:
        whole.buckets = together(whole.buckets, point.buckets)
    if whole.took(0.5) is None:
        return "nobody has asked for anything"
    return f"half within {whole.took(0.5):g} ms, 95 of 100 within {whole.took(0.95):g} ms"
