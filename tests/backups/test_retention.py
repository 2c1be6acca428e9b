"""What a policy keeps and what goes; and what never goes, whatever the policy, the dates and the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.backups.retention import AFTER_A_FAILURE, FUTURE, PINNED, PROVEN, Known, Policy, judged

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONE = Policy(1, 0, 0, 0, 0, 0)

times = st.integers(-50, 1000 * 24).map(lambda hours: NOW - HOUR * hours / 2)
ends = st.sampled_from([(False, False), (True, False), (True, True)])
"""Whether it failed, and whether it was not even begun."""
facts = st.tuples(times, st.booleans(), st.booleans())
small = st.integers(0, 4)
policies = st.builds(
    Policy, st.integers(1, 4), small, small, small, small, small, st.sampled_from(["UTC", "Asia/Kolkata"])
)


@st.composite
def histories(draw: st.DrawFn) -> list[Known]:
    """In any order of their times: clocks go wrong."""
    made = draw(st.lists(st.tuples(facts, ends), max_size=25))
    return [Known(number + 1, *found, *end) for number, (found, end) in enumerate(made)]


def nightly(count: int, until: datetime = NOW) -> list[Known]:
    """One a day at 3 in the night, the newest at the end."""
    last = until.replace(hour=3)
    return [Known(number + 1, last - DAY * (count - 1 - number)) for number in range(count)]


def numbers(policy: Policy, of: list[Known]) -> list[int]:
    return sorted(judged(of, policy, NOW).kept)


def test_the_newest_of_each_day_week_month_and_year_stay() -> None:
    years = nightly(800)
    verdict = judged(years, Policy(last=1, daily=7, weekly=4, monthly=6, yearly=2), NOW)
    kept = {years[number - 1].at.date().isoformat(): reasons for number, reasons in verdict.kept.items()}
    assert list(kept) == [
        *("2026-11-26", "2026-11-25", "2026-11-24", "2026-11-23", "2026-11-22", "2026-11-21", "2026-11-20"),
        *("2026-11-15", "2026-11-08", "2026-10-31", "2026-09-30", "2026-08-31", "2026-07-31", "2026-06-30"),
        "2025-12-31",
    ]
    assert kept["2026-11-22"] == ("the newest of day 2026-11-22", "the newest of week 2026-47")
    assert kept["2025-12-31"] == ("the newest of year 2025",)
    assert len(verdict.removed) == 800 - len(kept)
    assert list(verdict.removed) == sorted(verdict.removed)


def test_of_many_in_an_hour_or_a_day_the_newest_stays() -> None:
    quarters = [Known(number, NOW - HOUR / 4 * (40 - number)) for number in range(1, 41)]
    assert numbers(Policy(1, 3, 0, 0, 0), quarters) == [35, 39, 40]
    assert numbers(Policy(1, 0, 2, 0, 0), quarters) == [40]


def test_days_begin_where_the_site_is() -> None:
    late = [Known(1, datetime(2026, 11, 24, 18, 0, tzinfo=UTC)), Known(2, datetime(2026, 11, 24, 19, 0, tzinfo=UTC))]
    for zone, kept in (("UTC", {2}), ("Asia/Kolkata", {1, 2})):  # midnight there is half past six in the evening
        assert set(judged(late, Policy(1, 0, 5, 0, 0, 0, zone), NOW).kept) == kept


def test_the_hour_that_comes_twice_is_two() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    twice = [Known(1, first), Known(2, first + HOUR)]
    assert set(judged(twice, Policy(1, 2, 0, 0, 0, 0, "Europe/Vienna"), NOW).kept) == {1, 2}


def test_nothing_goes_after_a_run_that_failed() -> None:
    found = [*nightly(30), Known(31, NOW, failed=True)]
    verdict = judged(found, ONE, NOW)
    assert verdict.removed == ()
    assert all(AFTER_A_FAILURE in reasons for reasons in verdict.kept.values())
    later = [*found, Known(32, NOW)]
    assert judged(later, ONE, NOW).removed == tuple(range(1, 32))


def test_one_that_was_not_begun_for_want_of_room_stops_nothing() -> None:
    found = [*nightly(5), Known(6, NOW, failed=True, refused=True)]
    assert judged(found, ONE, NOW).removed == (1, 2, 3, 4)
    assert judged([*found, Known(7, NOW, failed=True)], ONE, NOW).removed == ()


def test_one_that_failed_takes_nobodys_place() -> None:
    found = [Known(1, NOW - DAY * 2), Known(2, NOW - DAY, failed=True, verified=True), Known(3, NOW)]
    verdict = judged(found, Policy(2, 0, 0, 0, 0, 0), NOW)
    assert set(verdict.kept) == {1, 3}


def test_the_proven_and_the_pinned_stay_however_old_they_are() -> None:
    found = nightly(400)
    found[4] = replace(found[4], verified=True)
    found[9] = replace(found[9], verified=True)
    found[2] = replace(found[2], pinned=True)
    kept = judged(found, ONE, NOW).kept
    assert kept == {400: ("the last that was made",), 10: (PROVEN,), 3: (PINNED,)}


@pytest.mark.parametrize("jump", [DAY, -DAY, DAY * 400, -DAY * 400])
def test_a_clock_that_jumps_costs_none_of_the_last(jump: timedelta) -> None:
    """Those made while the clock was wrong, and those before and after, as the clock is right again."""
    found = [Known(number, NOW - HOUR * (12 - number)) for number in range(1, 13)]
    wrong = [replace(one, at=one.at + jump) if 5 <= one.number <= 7 else one for one in found]
    for now in (NOW, NOW + jump):
        assert {10, 11, 12} <= set(judged(wrong, Policy(3, 0, 0, 0, 0, 0), now).kept)


def test_what_is_dated_in_the_future_stays_beside_the_others() -> None:
    found = [*nightly(10), Known(5000, NOW + DAY), Known(5001, NOW)]
    kept = judged(found, Policy(1, 0, 3, 0, 0, 0), NOW).kept
    assert kept[5000] == (FUTURE,)
    assert set(kept) == {5000, 5001, 9, 8}  # 5001 is today's


def test_one_that_failed_in_the_future_stops_nothing_for_ever() -> None:
    found = [Known(1, NOW + DAY * 4000, failed=True), *[Known(n, NOW - DAY * (9 - n)) for n in range(2, 9)]]
    assert judged(found, ONE, NOW).removed == (2, 3, 4, 5, 6, 7, 1)


def test_a_policy_that_keeps_nothing_is_none() -> None:
    for counts in ((0, 0, 7), (1, -1, 0)):
        with pytest.raises(ValueError, match="keeps the last one"):
            Policy(*counts)
    assert judged([], Policy(), NOW).removed == ()


@given(histories(), policies, st.timedeltas(-DAY, DAY))
@settings(max_examples=300)
def test_what_never_goes(found: list[Known], policy: Policy, jump: timedelta) -> None:
    verdict = judged(found, policy, NOW + jump)
    gone = {one.number: one for one in found if one.number in verdict.removed}
    good = [one for one in found if not one.failed]
    assert set(verdict.kept) | set(gone) == {one.number for one in found}
    assert not set(verdict.kept) & set(gone)
    assert all(verdict.kept.values())
    assert not any(one.pinned for one in gone.values())
    assert not {one.number for one in good[-policy.last :]} & set(gone)
    run = [one for one in found if not one.refused]
    if run and run[-1].failed:
        assert not gone
    if proven := [one for one in good if one.verified]:
        assert max(proven, key=lambda one: (one.at, one.number)).number not in gone
        assert proven[-1].number not in gone


@given(histories(), policies)
@settings(max_examples=200)
def test_asked_again_it_removes_nothing_more(found: list[Known], policy: Policy) -> None:
    verdict = judged(found, policy, NOW)
    left = [one for one in found if one.number in verdict.kept]
    again = judged(reversed(left), policy, NOW)
    assert again.removed == ()
    assert again.kept.keys() == verdict.kept.keys()


@given(histories(), policies)
@settings(max_examples=200)
def test_a_wider_policy_keeps_what_a_narrower_one_does(found: list[Known], policy: Policy) -> None:
    wider = replace(policy, last=policy.last + 1, daily=policy.daily + 1, monthly=policy.monthly + 2)
    assert set(judged(found, policy, NOW).kept) <= set(judged(found, wider, NOW).kept)
