"""When a job's time comes: cron's five fields, read in the site's time zone as Debian's cron reads them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

LONGEST = 100
FIELDS = 5
SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
MOST_COUNTED = 1000


def checked(text: str) -> str:
    """*text* in normal form. Raises ValueError with the end of the sentence "A schedule is …"."""
    schedule = " ".join(text.lower().split())
    fields = SHORT.get(schedule, schedule).split()
    if len(schedule) > LONGEST or len(fields) != FIELDS:
        raise ValueError(
            "five fields, as in 30 4 * * * (minute, hour, day, month, weekday), or one of " + ", ".join(SHORT)
        )
    try:
        next(CronSim(" ".join(fields), datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))))
    except (CronSimError, StopIteration) as error:
        raise ValueError(f"five fields that cron knows: {str(error).rstrip('.') or 'that day never comes'}") from error
    return schedule


def next_after(schedule: str, zone: str, at: datetime, delay: int = 0) -> datetime:
    """The first time after *at*, *delay* seconds behind the minute that the schedule names."""
    late = timedelta(seconds=delay)
    return next(_from(schedule, zone, at - late)).astimezone(at.tzinfo) + late


def times_between(schedule: str, zone: str, first: datetime, last: datetime) -> int:
    """How many of its times lie after *first* and not after *last*; at most MOST_COUNTED."""
    times = takewhile(lambda time: time <= last, _from(schedule, zone, first))
    return sum(1 for _, _ in zip(range(MOST_COUNTED), times, strict=False))


def in_words(schedule: str) -> str:
    """The schedule as people say it: "At 04:30 every day"."""
    return str(_from(schedule, "UTC", datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))).explain())


def _from(schedule: str, zone: str, at: datetime) -> CronSim:
    return CronSim(SHORT.get(schedule, schedule), at.astimezone(ZoneInfo(zone)))
