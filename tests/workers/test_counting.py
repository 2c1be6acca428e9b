"""What workers count: taken apart, put together, and never believed more than it deserves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.host.worker_metrics import BOUNDS, Reading, counted
from apps.workers.counting import difference, quantile, start_of, together

NONE = [0] * len(BOUNDS)
NAME = "caddy_http_request_duration_seconds_bucket"


def line(bound: str, number: object, code: str = "200", server: str = "site", method: str = "GET") -> str:
    return f'{NAME}{{code="{code}",handler="vars",method="{method}",server="{server}",le="{bound}"}} {number}\n'


def bounds() -> list[str]:
    return [*(f"{bound:g}" for bound in BOUNDS[:-1]), "+Inf"]


def test_requests_of_every_code_and_method_are_counted_together() -> None:
    up_to = {"0.005": 5, "0.01": 7}
    text = "".join(line(bound, up_to.get(bound, 10)) for bound in bounds())
    text += "".join(line(bound, 2, "503", method="POST") for bound in bounds())
    text += "".join(line(bound, 99, server="metrics") for bound in bounds())
    assert counted(text) == ((7, 2, 3, *NONE[3:]), 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0\xff{",
        line("nan", 5),
        line("-1", 5),
        line("0.005", "9" * 40),
        line("0.005", -3),
        line("0.3", 4),
        f'{NAME}{{server="site"}} 4\n',
        NAME * 10_000,
    ],
)
def test_what_makes_no_sense_counts_nothing(text: str) -> None:
    assert counted(text) == (tuple(NONE), 0)


def test_counts_that_fall_are_no_negative_numbers() -> None:
    buckets, _ = counted(line("0.005", 50) + line("0.01", 3))
    assert min(buckets) >= 0


def reading(*buckets: int, errors: int = 0, cpu: int = 0, started: int = 1, age: float = 10) -> Reading:
    since = datetime.now(UTC) - timedelta(seconds=age)
    return Reading(started, since, (*buckets, *NONE[len(buckets) :]), errors, cpu, 0)


def told(*buckets: int, errors: int = 0, cpu: int = 0, started: int = 1) -> dict[str, Any]:
    return {"started": started, "buckets": [*buckets, *NONE[len(buckets) :]], "errors": errors, "cpu": cpu}


def test_what_is_new_is_what_came_since() -> None:
    new = difference(told(3, 1, errors=1, cpu=500), reading(5, 1, errors=2, cpu=800))
    assert new == {"buckets": [2, *NONE[1:]], "errors": 1, "cpu": 300}


def test_a_new_process_began_at_nothing() -> None:
    new = difference(told(300, errors=9, cpu=9000), reading(2, errors=1, cpu=70, started=2))
    assert new == {"buckets": [2, *NONE[1:]], "errors": 1, "cpu": 70}


def test_a_reload_forgets_the_counts_and_not_the_time_of_the_processor() -> None:
    new = difference(told(300, errors=9, cpu=9000), reading(2, errors=1, cpu=9100))
    assert new == {"buckets": [2, *NONE[1:]], "errors": 1, "cpu": 100}


def test_what_an_old_process_had_counted_before_is_not_of_this_minute() -> None:
    assert difference({}, reading(1000, errors=5, cpu=5000, age=500))["buckets"] == NONE
    assert difference({}, reading(7, age=30))["buckets"][0] == 7


def test_times_are_reckoned_as_prometheus_does() -> None:
    assert quantile(NONE, 0.5) is None
    assert quantile([10, *NONE[1:]], 0.5) == 0.0025
    assert quantile([0, 10, *NONE[2:]], 1) == 0.01
    assert quantile([*NONE[:-1], 3], 0.95) == 10.0
    assert together([], [1, *NONE[1:]]) == [1, *NONE[1:]]


def test_a_span_begins_where_its_clock_does() -> None:
    at = datetime(2026, 11, 26, 16, 44, 51, tzinfo=UTC)
    assert start_of(at, 60) == datetime(2026, 11, 26, 16, 44, tzinfo=UTC)
    assert start_of(at, 3600) == datetime(2026, 11, 26, 16, tzinfo=UTC)
