"""What can be asked for of a site's backup schedule, at every door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.backups.models import Schedule
from apps.backups.schedule_shapes import ScheduleShape
from apps.backups.schedule_visible import visible_to
from apps.lifecycle.backup import SAVABLE
from apps.lifecycle.requests import CHANGE, allowed
from apps.lifecycle.schedule import SCOPE, create_schedule, delete_schedule, update_schedule
from apps.operations.doors.table import Act, Field, Noun

TIMES = "When: daily 03:30, weekly sun 03:30, or every 6 hours. In the site's time zone."
COUNTS = {
    "keep_last": "How many of the last ones are kept.",
    "keep_daily": "Of how many days the newest is kept.",
    "keep_weekly": "Of how many weeks.",
    "keep_monthly": "Of how many months.",
}


def _counts(*, of_schedule: bool) -> tuple[Field, ...]:
    def initial(name: str) -> Callable[[Any], Any]:
        """As it is; of a new one, what it would be."""
        return lambda subject: getattr(subject if of_schedule else Schedule(), name)

    return tuple(Field(name, told, "number", required=False, initial=initial(name)) for name, told in COUNTS.items())


def _offered(schedule: Schedule) -> bool:
    return schedule.site.status in SAVABLE


SCHEDULE = Noun(
    name="schedule",
    label="Backup schedules",
    key="name",
    columns=("id", "name", "schedule", "due_at", "keep_last", "keep_daily", "keep_weekly", "keep_monthly", "missed"),
    shape=ScheduleShape,
    visible_to=visible_to,
    site_of=lambda schedule: schedule.site,
    allowed=allowed,
    parent="site",
    acts=(
        Act(
            "create",
            create_schedule,
            SCOPE,
            CHANGE,
            "Back up by schedule",
            "Back a site up by the clock, prove it every week, and remove what is older than you want to keep.",
            "./panel schedule create rose-sons 'daily 03:30' --keep-daily 14",
            fields=(Field("schedule", TIMES, initial=lambda site: "daily 03:30"), *_counts(of_schedule=False)),
            offered=lambda site: site.status in SAVABLE and not hasattr(site, "schedule"),
            creates=True,
        ),
        Act(
            "update",
            update_schedule,
            SCOPE,
            CHANGE,
            "Change schedule",
            "Change when a site is backed up, or how many of these backups are kept.",
            "./panel schedule update rose-sons --schedule 'every 6 hours'",
            fields=(
                Field("schedule", TIMES, required=False, initial=lambda schedule: schedule.schedule),
                *_counts(of_schedule=True),
            ),
            offered=_offered,
        ),
        Act(
            "delete",
            delete_schedule,
            SCOPE,
            CHANGE,
            "End schedule",
            "Make no more backups of a site by the clock. Those that there are stay.",
            "./panel schedule delete rose-sons",
            offered=_offered,
        ),
    ),
)
