"""What can be asked for of a site's worker, at every door. It is named by its site."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from apps.lifecycle.requests import CHANGE, OPERATE, allowed
from apps.lifecycle.site_update import CHANGEABLE
from apps.lifecycle.worker import configure_worker, start_worker, stop_worker
from apps.operations.doors.table import Act, Noun
from apps.sites import visible
from apps.sites.models import Site
from apps.workers.shapes import WorkerShape, word_of


def _visible_to(user: User | AnonymousUser) -> QuerySet[Site]:
    return visible.visible_to(user).select_related("worker", "runtime")


WORKER = Noun(
    name="worker",
    label="Workers",
    key="slug",
    columns=("id", "site", "status", "port", "since", "memory", "restarts", "note"),
    shape=WorkerShape,
    visible_to=_visible_to,
    site_of=lambda site: site,
    allowed=allowed,
    statuses=tuple(Site.Status.values),
    listed=visible.listed,
    acts=(
        Act(
            "start",
            start_worker,
            "site:operate",
            OPERATE,
            "Start worker",
            "Start the worker of an active site: one that was stopped alone, or that died too often.",
            "./panel worker start rose-sons",
            offered=lambda site: site.status == Site.Status.ACTIVE and word_of(site) != "running",
        ),
        Act(
            "stop",
            stop_worker,
            "site:operate",
            OPERATE,
            "Stop worker",
            "Stop the worker and leave its site active: visitors see a page that says so, until it is started again.",
            "./panel worker stop rose-sons",
            offered=lambda site: (
                site.status == Site.Status.ACTIVE and word_of(site) in ("running", "restarting", "unknown")
            ),
        ),
        Act(
            "update",
            configure_worker,
            "site:change",
            CHANGE,
            "Write configuration",
            "Write the worker's configuration anew from the records; one that runs takes it without losing a request.",
            "./panel worker update rose-sons",
            offered=lambda site: site.status in CHANGEABLE,
        ),
    ),
)
