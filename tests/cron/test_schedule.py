"""When a job's time comes, and which texts are no schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from apps.cron.schedule import checked, in_words, next_after, times_between

NOON = datetime(2026, 11, 26, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "wanted"),
    [
        ("*/5 * * * *", "UTC", "2026-11-26T12:05"),
        ("@hourly", "UTC", "2026-11-26T13:00"),
        ("@daily", "UTC", "2026-11-27T00:00"),
        ("@daily", "Europe/Vienna", "2026-11-26T23:00"),
        ("30 4 * * mon", "UTC", "2026-11-30T04:30"),
        ("0 0 29 2 *", "UTC", "2028-02-29T00:00"),
        ("15 13 * * *", "Asia/Kolkata", "2026-11-27T07:45"),
    ],
)
def test_the_next_time_is_read_in_the_sites_zone(schedule: str, zone: str, wanted: str) -> None:
    assert next_after(checked(schedule), zone, NOON) == datetime.fromisoformat(f"{wanted}+00:00")


def test_it_comes_so_many_seconds_later_where_it_is_spread() -> None:
    first = next_after("*/5 * * * *", "UTC", NOON, delay=130)
    assert first == datetime(2026, 11, 26, 12, 2, 10, tzinfo=UTC)
    assert next_after("*/5 * * * *", "UTC", first, delay=130) == datetime(2026, 11, 26, 12, 7, 10, tzinfo=UTC)


@pytest.mark.parametrize("changed", ["2026-03-29", "2026-10-25"])
def test_a_night_job_runs_once_in_the_night_in_which_the_clock_is_changed(changed: str) -> None:
    zone = "Europe/Vienna"
    begin = datetime.fromisoformat(f"{changed}T00:00").replace(tzinfo=ZoneInfo(zone))
    end = begin.replace(hour=23)
    assert times_between("30 2 * * *", zone, begin.astimezone(UTC), end.astimezone(UTC)) == 1


def test_what_was_missed_is_counted() -> None:
    later = datetime(2026, 11, 26, 13, 1, tzinfo=UTC)
    assert times_between("*/5 * * * *", "UTC", NOON, later) == 12
    assert times_between("* * * * *", "UTC", datetime(2020, 1, 1, tzinfo=UTC), later) == 1000


def test_it_is_told_in_words() -> None:
    assert in_words("30 4 * * *") == "At 04:30 every day"
    assert in_words("@hourly") == in_words("0 * * * *")


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "* * * * * *", "61 * * * *", "* 24 * * *", "0 0 30 2 *", "@reboot", "every day", "*/0 * * * *",
     "* * * * *\n* * * * *", "a b c d e", "0 0 0 * *", "* " * 60, "30 4 * * * id", "0 0 L-3 * *"],
)  # fmt: skip
def test_no_schedule_is_refused_with_the_end_of_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="five fields"):
        checked(text)


def test_its_normal_form_has_one_blank_between_the_fields() -> None:
    assert checked("  30   4 * *  MON ") == "30 4 * * mon"
