"""When a site's next backup is due, and what was missed: pure functions of a schedule, a time zone and the time.

A schedule is a short text: ``daily 03:30``, ``weekly sun 03:30`` or ``every 6 hours``. It is read as the expression of
cron that means the same (``apps/cron/schedule.py``), so that a change of the clock is met as by Debian's cron: what
was due in the hour that is left out is due right after it, and what is due in one that comes twice is due once.

A row keeps the schedule's text and the time it is due at next. A chore that finds that time passed asks for the
backup and writes ``next_due(…, after=now)``; where ``missed`` says that others passed meanwhile, that is told to
people as loudly as a failure: nothing is made up for, for one backup now is worth a week of those that were not made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.cron import schedule as cron

TIME = r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = re.compile(rf"daily {TIME}")
WEEKLY = re.compile(rf"weekly (?P<day>{'|'.join(DAYS)}) {TIME}")
HOURLY = re.compile(r"every (?P<hours>[0-9]{1,2}) hours?")
EVEN = (1, 2, 3, 4, 6, 8, 12)
"""Hours that go evenly into a day: with others the last step before midnight would be shorter than the rest."""
LATE = timedelta(minutes=10)
"""A backup that begins so much after its time was not missed: the runner had others to make."""


@dataclass(frozen=True)
class Missed:
    """*count* times passed without a backup, the first of them at *since*."""

    count: int
    since: datetime


def checked(text: str) -> str:
    """*text* in normal form. Raises ValueError with the end of the sentence "A schedule is …"."""
    schedule = " ".join(text.lower().split())
    schedule = f"every {int(found['hours'])} hours" if (found := HOURLY.fullmatch(schedule)) else schedule
    in_cron(schedule)
    return schedule


def in_cron(schedule: str) -> str:
    """The expression of cron that means the same."""
    if found := DAILY.fullmatch(schedule):
        return f"{int(found['minute'])} {int(found['hour'])} * * *"
    if found := WEEKLY.fullmatch(schedule):
        return f"{int(found['minute'])} {int(found['hour'])} * * {DAYS.index(found['day']) + 1}"
    if (found := HOURLY.fullmatch(schedule)) and int(found["hours"]) in EVEN:
        return f"0 {_each(int(found['hours']))} * * *"
    hours = ", ".join(map(str, EVEN))
    raise ValueError(f"daily 03:30, weekly sun 03:30, or every N hours, where N is one of {hours}")


def _each(hours: int) -> str:
    """The hours themselves. Of ``*/4`` cronsim leaves one out where the clock is moved by half an hour (Lord Howe)."""
    return "*" if hours == 1 else ",".join(map(str, range(0, 24, hours)))


def next_due(schedule: str, zone: str, after: datetime, delay: int = 0) -> datetime:
    """The first time after *after*, *delay* seconds late: with one of its own each, sites do not begin together."""
    return cron.next_after(in_cron(schedule), zone, after, delay)


def missed(schedule: str, zone: str, last: datetime, now: datetime, delay: int = 0) -> Missed | None:
    """The times after *last*, when a backup was made or the schedule was set, that nobody can still be in time for.

    None where there are none; more than cron counts are told as that many.
    """
    late, until = timedelta(seconds=delay), now - LATE
    first = next_due(schedule, zone, last, delay)
    if first > until:
        return None
    return Missed(cron.times_between(in_cron(schedule), zone, last - late, until - late), first)
