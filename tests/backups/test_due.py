"""When a backup is due, changes of the clock included, and what was missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.backups.due import DAYS, EVEN, LATE, Missed, checked, missed, next_due

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = ("UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia")
zones = st.sampled_from(ZONES)
clocks = st.times().map(lambda time: f"{time:%H:%M}")
days = st.sampled_from(DAYS)
whens = st.integers(0, 3 * 365 * 86400).map(lambda seconds: START + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("schedule", "zone", "wanted"),
    [
        ("daily 03:30", "UTC", "2026-11-27T03:30"),
        ("daily 13:00", "UTC", "2026-11-26T13:00"),
        ("daily 03:30", "Europe/Vienna", "2026-11-27T02:30"),
        ("weekly sun 03:30", "UTC", "2026-11-29T03:30"),
        ("weekly thu 12:00", "UTC", "2026-12-03T12:00"),
        ("every 6 hours", "UTC", "2026-11-26T18:00"),
        ("every 1 hours", "Asia/Kolkata", "2026-11-26T12:30"),
    ],
)
def test_the_next_time_is_read_in_the_sites_zone(schedule: str, zone: str, wanted: str) -> None:
    assert next_due(checked(schedule), zone, NOON) == datetime.fromisoformat(f"{wanted}+00:00")


def test_it_is_so_many_seconds_late_where_it_is_spread() -> None:
    first = next_due("daily 03:30", "UTC", NOON, delay=400)
    assert first == datetime(2026, 11, 27, 3, 36, 40, tzinfo=UTC)
    assert next_due("daily 03:30", "UTC", first, delay=400) == first + DAY


@pytest.mark.parametrize(("text", "wanted"), [(" Daily  03:30", "daily 03:30"), ("every 01 hour", "every 1 hours")])
def test_it_is_kept_in_one_form(text: str, wanted: str) -> None:
    assert checked(text) == wanted
    assert checked(wanted) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "daily", "daily 3:30", "daily 24:00", "daily 03:60", "weekly 03:30", "weekly sonntag 03:30", "every 5 hours",
     "every 0 hours", "every 24 hours", "daily 03:30\n* * * * *", "30 3 * * *", "daily 03:30 utc", "daily ٠٣:٣٠"],
)  # fmt: skip
def test_what_is_no_schedule_is_told_how_one_looks(text: str) -> None:
    with pytest.raises(ValueError, match="daily 03:30, weekly sun 03:30, or every N hours"):
        checked(text)


@given(clocks, zones, whens)
@settings(max_examples=150)
@example("02:30", "Europe/Vienna", datetime(2026, 3, 28, 12, tzinfo=UTC))
@example("02:30", "Europe/Vienna", datetime(2026, 10, 24, 12, tzinfo=UTC))
@example("02:00", "Australia/Lord_Howe", datetime(2026, 4, 4, 12, tzinfo=UTC))
def test_a_daily_one_is_due_once_on_each_day_of_the_calendar(clock: str, zone: str, after: datetime) -> None:
    due, at = [], after
    for _ in range(4):
        at = next_due(f"daily {clock}", zone, at)
        due.append(at.astimezone(ZoneInfo(zone)))
    dates = [one.date() for one in due]
    assert dates == [dates[0] + timedelta(days=number) for number in range(4)]
    assert after < due[0].astimezone(UTC) <= after + DAY + HOUR
    hour, minute = map(int, clock.split(":"))
    for one in due:  # the clock says what was wanted, or an hour that is left out had it
        exact = one.replace(hour=hour, minute=minute)
        assert (one.hour, one.minute) == (hour, minute) or exact.astimezone(UTC).astimezone(one.tzinfo) != exact


@given(days, clocks, zones, whens)
@settings(max_examples=100)
def test_a_weekly_one_is_due_once_a_week_on_its_day(day: str, clock: str, zone: str, after: datetime) -> None:
    first = next_due(f"weekly {day} {clock}", zone, after)
    second = next_due(f"weekly {day} {clock}", zone, first)
    for one in (first, second):
        assert one.astimezone(ZoneInfo(zone)).strftime("%a").lower() == day
    assert DAY * 7 - HOUR <= second - first <= DAY * 7 + HOUR
    assert after < first <= after + DAY * 7 + HOUR


@given(st.sampled_from(EVEN), zones, whens)
@settings(max_examples=150)
@example(1, "Europe/Vienna", datetime(2026, 10, 24, 23, 30, tzinfo=UTC))
@example(1, "Europe/Vienna", datetime(2026, 3, 28, 23, 30, tzinfo=UTC))
@example(4, "Australia/Lord_Howe", datetime(2025, 10, 4, 9, 30, tzinfo=UTC))
@example(1, "Australia/Lord_Howe", datetime(2025, 10, 4, 14, 10, tzinfo=UTC))
def test_every_so_many_hours_is_as_often_as_it_says(hours: int, zone: str, after: datetime) -> None:
    first = next_due(f"every {hours} hours", zone, after)
    second = next_due(f"every {hours} hours", zone, first)
    change = HOUR / 2 if zone == "Australia/Lord_Howe" else timedelta() if hours == 1 else HOUR
    assert HOUR * hours - change <= second - first <= HOUR * hours + change
    assert after < first <= after + HOUR * hours + HOUR


def test_what_was_missed_is_counted_from_the_first() -> None:
    last = datetime(2026, 11, 20, 3, 30, 5, tzinfo=UTC)
    since = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
    assert missed("daily 03:30", "UTC", last, NOON) == Missed(6, since)
    assert missed("daily 03:30", "UTC", last, since + LATE) == Missed(1, since)
    assert missed("daily 03:30", "UTC", last, since + LATE - timedelta(seconds=1)) is None
    assert missed("weekly sat 03:30", "UTC", last, NOON) == Missed(1, since)


@given(clocks, zones, whens, st.timedeltas(timedelta(), DAY * 20), st.integers(0, 3600))
@settings(max_examples=100)
def test_none_is_missed_that_is_not_due(clock: str, zone: str, last: datetime, waited: timedelta, delay: int) -> None:
    schedule, now = f"daily {clock}", last + waited
    found, due, count = missed(schedule, zone, last, now, delay), last, 0
    while (due := next_due(schedule, zone, due, delay)) <= now - LATE:
        count += 1
    assert (found.count if found else 0) == count


def test_a_clock_that_was_set_back_misses_nothing() -> None:
    assert missed("daily 03:30", "UTC", NOON + DAY, NOON) is None
