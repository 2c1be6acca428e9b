"""The cron jobs of a site, on its page: when each runs next, and what became of its last runs."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest

from apps.cron.acts import CRON
from apps.cron.badges import STATUS
from apps.cron.models import Cron, CronRun
from apps.cron.records import zone_of
from apps.cron.schedule import in_words
from apps.operations.admin_base import user_of
from apps.operations.doors.forms import Row, links_of, rows_of
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.sites.tabs import Tab, register

BUSY = (*Operation.LIVE, Operation.Status.STUCK)


def _context(request: HttpRequest, site: Site) -> dict[str, Any]:
    """The jobs, each with what may be done to it and its runs: two queries, however many there are."""
    user, runs = user_of(request), Prefetch("runs", CronRun.objects.order_by("-id"))
    jobs = Cron.objects.filter(site=site).select_related("site", "last").prefetch_related(runs)
    busy = Operation.objects.filter(subject_kind="site", subject_id=site.pk, status__in=BUSY).exists()
    return {
        "jobs": [_shown(row) for row in rows_of(CRON, jobs, user, busy=busy)],
        "creating": [] if busy else links_of(CRON, site, user, creating=True),
        "busy": busy,
        "zone": zone_of(site),
        "runs_now": site.status == Site.Status.ACTIVE,
    }


def _shown(row: Row) -> dict[str, Any]:
    job = row.subject
    return {
        "row": row,
        "job": job,
        "meaning": in_words(job.schedule),
        "last": job.last and (job.last, STATUS[CronRun.Status(job.last.status)]),
        "runs": [(run, STATUS[CronRun.Status(run.status)]) for run in job.runs.all()],
    }


register(Tab("cron", "Cron", 40, "admin/cron/cron/tab.html", _context))
