"""Changing a site's title and settings. The seed has no list for it."""

from __future__ import annotations

from apps.domains.steps.own_block import LoadOwnBlock
from apps.domains.steps.pages import LoadFrontBack
from apps.lifecycle.requests import CHANGE, must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.refusals import WrongState
from apps.sites.models import Site
from apps.sites.settings import checked, merged
from apps.sites.steps.status import CheckState
from apps.sites.validation import check_name
from apps.workers.steps.changing import ApplySettings, LookAtSite, VisitChangedSite
from apps.workers.steps.running import LookAtWorker

Status = Site.Status
CHANGEABLE = (Status.ACTIVE, Status.INACTIVE, Status.MAINTENANCE, Status.SUSPENDED)

UPDATE = Flow(
    "site.update",
    title="Settings",
    steps=(
        CheckState(CHANGEABLE, "changed"),
        LoadFrontBack(),
        LookAtWorker(),
        LookAtSite(),
        ApplySettings(),
        LoadOwnBlock(),
        VisitChangedSite(),
    ),
)


@lifecycle("site.update")
def update_site(ask: Ask, /, site: Site, *, name: str | None = None, **settings: str) -> Operation:
    """Give *site* another title, and *settings* (the keys of SETTINGS; an empty text is the default again).

    The slug stays. A running site takes them without losing a request, and goes back if its page is worse then.
    """
    require(ask, "site:change", CHANGE, site)
    wanted = {"name": "" if name is None else check_name(name), "settings": checked(site, settings)}
    operation = enqueue(UPDATE, site, site.server, ask, params=wanted, resources=[f"site:{site.pk}"])
    must_be(site, operation, CHANGEABLE, "changed")
    if operation.status != Operation.Status.WAITING and _is_so(site, operation):
        raise WrongState(f"{site.slug} is like that already; nothing is left to do.")
    return operation


def _is_so(site: Site, operation: Operation) -> bool:
    name, settings = operation.params["name"], operation.params["settings"]
    return name in ("", site.name) and merged(site.chosen, settings) == site.chosen
