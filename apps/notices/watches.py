"""What needs a hand of operations, workers, the front and its certificates; ``backups/watches.py`` has its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from apps.domains.models import Certificate
from apps.notices.watching import Found, watch
from apps.operations.models import Operation
from apps.operations.shown import title_of
from apps.servers.models import Server
from apps.sites.models import Site
from apps.workers.models import WorkerState

GONE = (Site.Status.DELETING, Site.Status.DELETED)


@watch("operation.stuck", "An operation is stuck")
def stuck(server: Server) -> Iterator[Found]:
    """Not everything of it could be taken back, and it holds what it was about."""
    sites = set(Site.objects.filter(server=server).values_list("pk", flat=True))
    for operation in Operation.objects.filter(server=server, status=Operation.Status.STUCK):
        site = operation.subject_id if operation.subject_kind == "site" else operation.params.get("site_id")
        text = f"Operation {operation.pk} ({title_of(operation.flow)}) on {operation.subject_label} is stuck."
        yield Found(operation, site if site in sites else None, "stuck", f"{text} {operation.error}")


@watch("worker.down", "A worker is down for good")
def given_up(server: Server) -> Iterator[Found]:
    """It died too often, and stays down until a person starts it."""
    down = WorkerState.objects.filter(site__server=server, given_up_at__isnull=False).exclude(site__status__in=GONE)
    for state in down.select_related("site"):
        site = state.site
        told = f"The worker of {site.slug} died too often and stays down until somebody starts it."
        yield Found(site, site.pk, f"{state.given_up_at:%FT%T.%f}", told)


@watch("front.left-out", "The front leaves a site's settings out")
def left_out(server: Server) -> Iterator[Found]:
    """Caddy refuses its block: visitors see the last that it took, or a page."""
    for site in Site.objects.filter(server=server).exclude(front_fault="").exclude(status__in=GONE):
        digest = hashlib.sha256(site.front_fault.encode()).hexdigest()
        told = f"The front leaves what is special about {site.slug} out. {site.front_fault}"
        yield Found(site, site.pk, digest, told)


@watch("certificate.failed", "A certificate fails")
def without_certificate(server: Server) -> Iterator[Found]:
    """Visitors of that name get an error. Why it fails is worded anew with each try: it is no state."""
    failed = Certificate.objects.filter(state=Certificate.State.FAILED, domain__served=True, domain__kept=False)
    for one in failed.filter(domain__site__server=server).select_related("domain"):
        told = f"{one.domain} has no certificate that browsers trust. {one.error}"
        yield Found(one.domain, one.domain.site_id, "failed", told)
