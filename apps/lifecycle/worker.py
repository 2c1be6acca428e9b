"""FrankenPHP Worker Lifecycle: the worker of a site that is there, by itself.

A worker that is stopped alone leaves its site active: the records say that it rests on purpose, the front shows the
"stopped" page, neither the watcher nor ``./panel up`` starts it, and a start of the worker or of the site ends that.
"""

from __future__ import annotations

from collections.abc import Collection

from apps.domains.steps.pages import LoadFront, LoadFrontBack, ShowPage
from apps.lifecycle.requests import CHANGE, OPERATE, must_be, require
from apps.lifecycle.site_update import CHANGEABLE
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, line
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.sites.steps.status import CheckState
from apps.workers.steps.running import ConfigureWorker, LookAtWorker, MarkStopped, StartWorkerAgain, StopWorker

ACTIVE = (Site.Status.ACTIVE,)

CONFIGURE = Flow(
    "worker.configure",
    seed="FrankenPHP Worker Lifecycle / 1. Worker Creation",
    in_request=(),
    steps=(CheckState(CHANGEABLE, "configured"), LookAtWorker(), line((1, 2, 3), ConfigureWorker())),
)

START = Flow(
    "worker.start",
    seed="FrankenPHP Worker Lifecycle / 2. Worker Start",
    in_request=(5,),
    steps=(
        CheckState(ACTIVE, "given its worker back"),
        LoadFrontBack(),
        LookAtWorker(),
        line((1, 2, 3, 4), StartWorkerAgain()),
        LoadFront(),
    ),
)

STOP = Flow(
    "worker.stop",
    seed="FrankenPHP Worker Lifecycle / 3. Worker Stop",
    in_request=(7,),
    steps=(
        CheckState(ACTIVE, "left without its worker"),
        LookAtWorker(),
        ShowPage(Site.Front.STOPPED),
        MarkStopped(),
        line((1, 2, 3, 4, 5, 6), StopWorker()),
    ),
)


@lifecycle("worker.configure")
def configure_worker(ask: Ask, site: Site) -> Operation:
    """Write its configuration anew from the records; one that runs takes it without losing a request."""
    require(ask, "site:change", CHANGE, site)
    return _ask_for(CONFIGURE, ask, site, CHANGEABLE, "configured")


@lifecycle("worker.start")
def start_worker(ask: Ask, site: Site) -> Operation:
    """Line 5 is the operation that is returned. One that runs and answers is left alone."""
    require(ask, "site:operate", OPERATE, site)
    return _ask_for(START, ask, site, ACTIVE, "given its worker back")


@lifecycle("worker.stop")
def stop_worker(ask: Ask, site: Site) -> Operation:
    """Line 7 is the operation that is returned. Visitors see the "stopped" page from before the worker ends."""
    require(ask, "site:operate", OPERATE, site)
    return _ask_for(STOP, ask, site, ACTIVE, "left without its worker")


def _ask_for(flow: Flow, ask: Ask, site: Site, states: Collection[Site.Status], deed: str) -> Operation:
    params = {"worker_id": site.pk}  # a worker is known by its site
    operation = enqueue(flow, site, site.server, ask, params=params, resources=[f"site:{site.pk}"])
    must_be(site, operation, states, deed)
    return operation
