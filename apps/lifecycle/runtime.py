"""Moving a site to another FrankenPHP of its server. The seed has no list for it."""

from __future__ import annotations

from apps.domains.steps.pages import LoadFront
from apps.lifecycle.requests import must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.refusals import WrongState
from apps.servers.runtimes import runtime_of
from apps.servers.steps import LookAtRuntime, SwitchRuntime, VisitMovedSite
from apps.sites.models import Site

SWITCH = Flow(
    "site.switch-runtime",
    title="Runtime Switch",
    steps=(LookAtRuntime(), SwitchRuntime(), VisitMovedSite(), LoadFront()),
)


@lifecycle("site.switch-runtime")
def switch_runtime(ask: Ask, site: Site, runtime: str) -> Operation:
    """Let *site* run on the runtime of that name. It goes back if its page is worse there."""
    require(ask, "site:change", "sites.change_site", site)
    wanted = runtime_of(site.server, runtime)
    operation = enqueue(SWITCH, site, site.server, ask, params={"runtime_id": wanted.pk}, resources=[f"site:{site.pk}"])
    must_be(site, operation, (Site.Status.ACTIVE,), "moved to another runtime")
    if operation.status != Operation.Status.WAITING and site.runtime_id == wanted.pk:
        raise WrongState(f"{site.slug} runs on {wanted} already; nothing is left to do.")
    return operation
