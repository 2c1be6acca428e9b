"""Maintenance of a site: visitors see a page, and people with its link see the site. The seed has no list for it."""

from __future__ import annotations

from apps.domains.steps.pages import NewPass, ShowPage
from apps.lifecycle.requests import OPERATE, must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.sites.steps.status import CheckState, SetStatus
from apps.workers.steps.running import LookAtWorker, RunWorker

Status = Site.Status
MAINTAINABLE = (Status.ACTIVE, Status.INACTIVE, Status.MAINTENANCE)
DEED = "put into maintenance"

MAINTAIN = Flow(
    "site.maintain",
    title="Maintenance",
    steps=(
        CheckState(MAINTAINABLE, DEED),
        LookAtWorker(),
        NewPass(),
        RunWorker(),
        ShowPage(Site.Front.MAINTENANCE),
        SetStatus(Status.MAINTENANCE),
    ),
)


@lifecycle("site.maintain")
def maintain_site(ask: Ask, site: Site) -> Operation:
    """Show the maintenance page to all but those with the link. Where it is shown already: a new link, no old one.

    ``start`` ends it, and ``stop`` too; a site that was stopped runs meanwhile.
    """
    require(ask, "site:operate", OPERATE, site)
    operation = enqueue(MAINTAIN, site, site.server, ask, params={}, resources=[f"site:{site.pk}"])
    must_be(site, operation, MAINTAINABLE, DEED)
    return operation
