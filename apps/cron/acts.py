"""What can be asked for of a site's cron jobs, at every door."""

from __future__ import annotations

from apps.cron.looks import VIEW, runs_of
from apps.cron.models import Cron
from apps.cron.shapes import CronShape
from apps.cron.visible import visible_to
from apps.lifecycle.cron import (
    CHANGEABLE,
    LIMIT,
    RUNNABLE,
    create_job,
    delete_job,
    run_job,
    start_job,
    stop_job,
    update_job,
)
from apps.lifecycle.requests import CHANGE, OPERATE, allowed
from apps.operations.doors.table import Act, Field, Look, Noun
from apps.sites import visible
from apps.sites.models import Site

SCHEDULE = "When: minute, hour, day, month, weekday as cron has them; or @hourly, @daily … In the site's time zone."
COMMAND = "What: GET /page of the site; php private/script.php; or private/bin/program: below public or private."
SECONDS = f"Seconds that a run may take. Empty: {LIMIT}."


def _is_changeable(cron: Cron) -> bool:
    return cron.site.status in CHANGEABLE


CRON = Noun(
    name="cron",
    label="Cron jobs",
    key="name",
    columns=("id", "name", "schedule", "command", "active", "next_run", "last_status"),
    shape=CronShape,
    visible_to=visible_to,
    site_of=lambda cron: cron.site,
    allowed=allowed,
    parent="site",
    statuses=(Site.Status.DELETED,),
    listed=visible.listed_below,
    acts=(
        Act(
            "create",
            create_job,
            "cron:change",
            CHANGE,
            "Add cron job",
            "Let a site do something by the clock, as its own user and within its limits.",
            "./panel cron create rose-sons '30 4 * * *' 'php private/report.php --all' --limit 600",
            fields=(
                Field("schedule", SCHEDULE),
                Field("command", COMMAND),
                Field("limit", SECONDS, "number", required=False),
            ),
            offered=lambda site: site.status in CHANGEABLE,
            creates=True,
        ),
        Act(
            "test",
            run_job,
            "cron:operate",
            OPERATE,
            "Run now",
            "Run a job once, now, beside its schedule, and tell how it ended; what it says is kept with its runs.",
            "./panel cron test rose-sons.1",
            offered=lambda cron: cron.site.status in RUNNABLE,
        ),
        Act(
            "stop",
            stop_job,
            "cron:operate",
            OPERATE,
            "Pause",
            "Pause a job: its time does not come until it is resumed.",
            "./panel cron stop rose-sons.1",
            offered=lambda cron: cron.active and _is_changeable(cron),
        ),
        Act(
            "start",
            start_job,
            "cron:operate",
            OPERATE,
            "Resume",
            "Resume a job that was paused: it runs again from its next time on.",
            "./panel cron start rose-sons.1",
            offered=lambda cron: not cron.active and _is_changeable(cron),
        ),
        Act(
            "update",
            update_job,
            "cron:change",
            CHANGE,
            "Change",
            "Change when a job runs, what it does, or how long it may take.",
            "./panel cron update rose-sons.1 --schedule '0 */2 * * *'",
            fields=(
                Field("schedule", SCHEDULE, required=False, initial=lambda cron: cron.schedule),
                Field("command", COMMAND, required=False, initial=lambda cron: cron.command),
                Field("limit", SECONDS, "number", required=False, initial=lambda cron: cron.limit),
            ),
            offered=_is_changeable,
        ),
        Act(
            "delete",
            delete_job,
            "cron:change",
            CHANGE,
            "Delete",
            "Remove a job and what is known of its runs. What runs of it is ended.",
            "./panel cron delete rose-sons.1 --yes",
            offered=lambda cron: not cron.built_in and _is_changeable(cron),
            confirm=True,
        ),
    ),
    looks=(
        Look(
            "watch",
            runs_of,
            "cron:read",
            VIEW,
            "Runs",
            "A job's last runs, the newest first: how each ended, and the first and last of what it said.",
            "./panel cron watch rose-sons.1 --format json",
            columns=("planned_at", "status", "exit_code", "skipped", "error"),
        ),
    ),
)
