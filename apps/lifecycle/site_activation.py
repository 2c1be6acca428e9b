"""Site Lifecycle / 2. Site Activation, 3. Site Deactivation, and what the seed has no list for: restart."""

from __future__ import annotations

from apps.domains.steps.pages import LoadFront, LoadFrontBack, ShowPage
from apps.lifecycle.requests import OPERATE, must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, line
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.sites.steps.status import CheckState, SetStatus
from apps.workers.steps.running import LookAtWorker, RestartWorker, StartWorkerAgain, StopWorker

Status = Site.Status
STARTABLE = (Status.INACTIVE, Status.ACTIVE, Status.MAINTENANCE)
STOPPABLE = (Status.ACTIVE, Status.MAINTENANCE)

START = Flow(
    "site.start",
    seed="Site Lifecycle / 2. Site Activation",
    in_request=(1, 6),
    steps=(
        CheckState(STARTABLE, "started"),
        LoadFrontBack(),
        line(2, LookAtWorker()),
        line(3, StopWorker()),
        line(4, StartWorkerAgain()),
        line(5, SetStatus(Status.ACTIVE)),
        LoadFront(),
    ),
)

STOP = Flow(
    "site.stop",
    seed="Site Lifecycle / 3. Site Deactivation",
    in_request=(1, 4),
    steps=(
        CheckState(STOPPABLE, "stopped"),
        LookAtWorker(),
        ShowPage(Site.Front.STOPPED),
        line(2, StopWorker()),
        line(3, SetStatus(Status.INACTIVE)),
    ),
)

RESTART = Flow(
    "site.restart",
    title="Restart",
    steps=(CheckState(Site.RUNNING, "restarted"), RestartWorker(), LoadFront()),
)


@lifecycle("site.start")
def start_site(ask: Ask, site: Site) -> Operation:
    """Lines 1 and 6. It has started when it answers through PHP; else its old state stays, and the log says why."""
    return _ask_for(START, ask, site, STARTABLE, "started")


@lifecycle("site.stop")
def stop_site(ask: Ask, site: Site) -> Operation:
    """Lines 1 and 4. Visitors see the "stopped" page from before the worker ends."""
    return _ask_for(STOP, ask, site, STOPPABLE, "stopped")


@lifecycle("site.restart")
def restart_site(ask: Ask, site: Site) -> Operation:
    """Stop the worker and start it: visitors wait, and see no error."""
    return _ask_for(RESTART, ask, site, Site.RUNNING, "restarted")


def _ask_for(flow: Flow, ask: Ask, site: Site, states: tuple[Site.Status, ...], deed: str) -> Operation:
    require(ask, "site:operate", OPERATE, site)
    operation = enqueue(flow, site, site.server, ask, params={}, resources=[f"site:{site.pk}"])
    must_be(site, operation, states, deed)
    return operation
