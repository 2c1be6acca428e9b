"""The host's stop of a site, which its owner can neither ask for nor end. The seed has no list for it."""

from __future__ import annotations

from apps.domains.steps.pages import LoadFront, LoadFrontBack, ShowPage
from apps.lifecycle.requests import must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.refusals import Invalid
from apps.sites.models import Site
from apps.sites.steps.status import CheckState
from apps.sites.steps.suspension import EndSuspension, Suspend, before_suspension
from apps.workers.steps.bringing_back import BringBack
from apps.workers.steps.running import LookAtWorker, StopWorker

Status = Site.Status
SCOPE, SUSPEND_SITE = "site:suspend", "sites.suspend_site"
SUSPENDABLE = (Status.ACTIVE, Status.INACTIVE, Status.MAINTENANCE)
LONGEST = 200

SUSPEND = Flow(
    "site.suspend",
    title="Suspension",
    steps=(
        CheckState(SUSPENDABLE, "suspended"),
        LookAtWorker(),
        ShowPage(Site.Front.SUSPENDED),
        StopWorker(),
        Suspend(),
    ),
)

UNSUSPEND = Flow(
    "site.unsuspend",
    title="End of the suspension",
    steps=(
        CheckState((Status.SUSPENDED,), "let go on"),
        LoadFrontBack(),
        LookAtWorker(),
        BringBack(before_suspension),
        EndSuspension(),
        LoadFront(),
    ),
)


@lifecycle("site.suspend")
def suspend_site(ask: Ask, site: Site, *, reason: str = "") -> Operation:
    """Stop *site* for its owner too; the front says "suspended". *reason* is what the owner gets to read."""
    require(ask, SCOPE, SUSPEND_SITE, site)
    params = {"reason": _checked(reason)}
    operation = enqueue(SUSPEND, site, site.server, ask, params=params, resources=[f"site:{site.pk}"])
    must_be(site, operation, SUSPENDABLE, "suspended")
    return operation


@lifecycle("site.unsuspend")
def unsuspend_site(ask: Ask, site: Site) -> Operation:
    """Bring it back to what it was before it was suspended: active, stopped, or in maintenance."""
    require(ask, SCOPE, SUSPEND_SITE, site)
    operation = enqueue(UNSUSPEND, site, site.server, ask, params={}, resources=[f"site:{site.pk}"])
    must_be(site, operation, (Status.SUSPENDED,), "let go on")
    return operation


def _checked(reason: str) -> str:
    text = " ".join(reason.split())
    if len(text) > LONGEST or not text.isprintable():
        raise Invalid("reason", f"A reason is one line of at most {LONGEST} characters; shorten it.")
    return text
