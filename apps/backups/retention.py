"""Which backups may go: one function of what there is, a policy and the time; it looks at nothing and removes nothing.

Whoever prunes calls ``judged`` with every backup of one site at one place, in one transaction with the rows that it
marks for removal; the archives go afterwards, one by one. Asked again with what is left, it removes nothing more.

What it holds to, whatever the dates say (a clock that was wrong for a day has dated backups wrongly, or is wrong now):

- the newest that was verified stays, and whatever is pinned;
- after a run that failed nothing goes at all, until one has gone well: old backups may be all that there is;
- the last ones that were *made* stay, for numbers cannot be set back as clocks can;
- one that is dated in the future stays, and takes no other's place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

PINNED = "pinned"
PROVEN = "the newest that was verified"
AFTER_A_FAILURE = "the newest run failed"
NOT_FOLLOWED = "none has gone well since"
FUTURE = "dated in the future"


@dataclass(frozen=True)
class Known:
    """A backup whose run has ended. *number* grows with each that is made, as an id does.

    *failed*: it was not made to its end, or was found to be broken; it counts for nothing then. *refused*: it was not
    even begun, for want of room, which says nothing of the others.
    """

    number: int
    at: datetime
    verified: bool = False
    pinned: bool = False
    failed: bool = False
    refused: bool = False


@dataclass(frozen=True)
class Policy:
    """How many to keep: the *last*, and the newest of so many hours, days, weeks, months and years that have any.

    Days begin at midnight in *zone*, weeks on Mondays.
    """

    last: int = 3
    hourly: int = 0
    daily: int = 7
    weekly: int = 4
    monthly: int = 6
    yearly: int = 0
    zone: str = "UTC"

    def __post_init__(self) -> None:
        counts = (self.last, self.hourly, self.daily, self.weekly, self.monthly, self.yearly)
        if min(counts) < 0 or self.last < 1:
            raise ValueError("A policy keeps the last one at least, and no number below 0.")


@dataclass(frozen=True)
class Verdict:
    """*kept*: each number with why, the newest first. *removed*: the numbers that may go, the oldest first."""

    kept: dict[int, tuple[str, ...]]
    removed: tuple[int, ...]


@dataclass
class _Reasons:
    of: dict[int, list[str]] = field(default_factory=dict)

    def give(self, one: Known, reason: str) -> None:
        self.of.setdefault(one.number, []).append(reason)


def judged(backups: Iterable[Known], policy: Policy, now: datetime) -> Verdict:
    """What *policy* keeps of *backups*, with the reasons, and what may go."""
    found = sorted(backups, key=lambda one: (one.at, one.number), reverse=True)
    reasons = _Reasons()
    _whatever_the_policy(found, reasons, now)
    good = [one for one in found if not one.failed]
    for place, one in enumerate(sorted(good, key=_number, reverse=True)[: policy.last]):
        reasons.give(one, f"number {place + 1} of the last {policy.last}" if place else "the last that was made")
    for one in (one for one in good if one.at > now):
        reasons.give(one, FUTURE)
    past = [one for one in good if one.at <= now]
    for span, count, name in _spans(policy):
        _newest_of_each(past, span, count, name, reasons)
    kept = {one.number: tuple(reasons.of[one.number]) for one in found if one.number in reasons.of}
    return Verdict(kept, tuple(one.number for one in reversed(found) if one.number not in kept))


def _whatever_the_policy(found: list[Known], reasons: _Reasons, now: datetime) -> None:
    """Pins, the proven, and all of them after a failure. The newest is meant both by the clock and by the numbers."""
    run = [one for one in found if not one.refused]
    newest = {*[one for one in run if one.at <= now][:1], *sorted(run, key=_number)[-1:]}
    proven = [one for one in found if one.verified and not one.failed]
    last_good = max((one.number for one in found if not one.failed), default=0)
    for one in found:
        if one.pinned:
            reasons.give(one, PINNED)
        if proven and one in (proven[0], max(proven, key=_number)):
            reasons.give(one, PROVEN)
        if any(last.failed for last in newest):
            reasons.give(one, AFTER_A_FAILURE)
        elif one.failed and one.number > last_good:
            reasons.give(one, NOT_FOLLOWED)


def _newest_of_each(
    found: list[Known], span: Callable[[datetime], str], count: int, name: str, reasons: _Reasons
) -> None:
    """Of each of the *count* last spans of time that have any, the newest one. *found* begins with the newest."""
    seen: set[str] = set()
    for one in found:
        called = span(one.at)
        if called not in seen and len(seen) < count:
            seen.add(called)
            reasons.give(one, f"the newest of {name} {called}")


def _spans(policy: Policy) -> tuple[tuple[Callable[[datetime], str], int, str], ...]:
    """Hours are counted in UTC: where a clock is set back, an hour comes twice."""
    zone = ZoneInfo(policy.zone)
    return (
        (lambda at: at.astimezone(UTC).strftime("%Y-%m-%d %H:00 UTC"), policy.hourly, "hour"),
        (lambda at: at.astimezone(zone).strftime("%Y-%m-%d"), policy.daily, "day"),
        (lambda at: at.astimezone(zone).strftime("%G-%V"), policy.weekly, "week"),
        (lambda at: at.astimezone(zone).strftime("%Y-%m"), policy.monthly, "month"),
        (lambda at: at.astimezone(zone).strftime("%Y"), policy.yearly, "year"),
    )


def _number(one: Known) -> int:
    return one.number
