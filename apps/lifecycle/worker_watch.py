"""Workers that die are started again: at once, then after pauses; one that dies five times in ten minutes is left down.

The seed has no list for it. A chore looks at the lock of every worker that ought to run, and asks for the rest.
"""

from __future__ import annotations

from time import time

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from apps.domains.steps.pages import ShowFailed
from apps.host.host import Host
from apps.host.supervisor.lock import is_held
from apps.lifecycle.requests import OPERATE, must_be, require
from apps.operations.asking import Ask
from apps.operations.chores import PANEL, chore
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Hold, Operation
from apps.operations.refusals import Refusal
from apps.servers.models import Server
from apps.sites.models import Site
from apps.sites.steps.status import CheckState
from apps.workers import state
from apps.workers.models import WorkerState
from apps.workers.roster import ought_to_run
from apps.workers.steps.watching import GiveUpWorker, ReviveWorker

OFTEN, WITHIN = 5, 600.0
PAUSES = (0.0, 5.0, 15.0, 30.0)
"""Seconds from a death to the next start: after the first, the second … within that time."""
AT_ONCE = 50
"""How many are asked for at a look: after a reboot without ``./panel up`` all of them are dead."""

REVIVE = Flow(
    "worker.revive",
    title="Worker Revival",
    steps=(CheckState(Site.RUNNING, "given its worker back"), ReviveWorker()),
)
GIVE_UP = Flow(
    "worker.give-up",
    title="Worker Left Down",
    steps=(CheckState(Site.RUNNING, "left without its worker"), ShowFailed(), GiveUpWorker()),
)


@chore("watch-workers", every=2)
def watch(server: Server, host: Host) -> None:
    """Costs two queries and two files a site while all is well. ``./panel up`` and ``down`` are left alone."""
    if is_held(settings.PLACES.locks / "panel.lock"):
        return
    watched = ought_to_run(server.name).values_list("pk", flat=True)
    dead = [pk for pk in watched if _has_died(host, pk)]
    for pk in _not_busy(dead)[:AT_ONCE] if dead else ():
        # again, and alone: it may have been stopped since
        if site := ought_to_run(server.name).filter(pk=pk).first():
            attend(site, host)


def _has_died(host: Host, pk: int) -> bool:
    return host.supervisor.has_died(host.places.worker_lock(pk), host.places.worker_pid(pk))


def _not_busy(sites: list[int]) -> list[int]:
    held = set(Hold.objects.values_list("resource", flat=True))
    return [pk for pk in sites if f"site:{pk}" not in held]


def attend(site: Site, host: Host) -> None:
    """Write the death down, once; start the worker again when its pause is over, or give it up."""
    found = _noted(site, host)
    if found is None:
        return
    ask = give_up_worker if len(found.deaths) >= OFTEN else revive_worker
    if ask is revive_worker and time() - found.deaths[-1] < PAUSES[len(found.deaths) - 1]:
        return
    try:
        ask(PANEL, site)
    except Refusal:
        return  # somebody is at it: the next look sees what has become of it


def _noted(site: Site, host: Host) -> WorkerState | None:
    """Its state with the death that is looked at; None where another runner's look has come first and asked."""
    with transaction.atomic():
        Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
        found = state.state_of(site)  # first: what comes between this and the hold has the hold
        if not (_not_busy([site.pk]) and _has_died(host, site.pk)):
            return None
        if found.died_at is None:
            _note_death(found)
        return found


def _note_death(found: WorkerState) -> None:
    recent = [at for at in found.deaths if time() - at < WITHIN]
    found.died_at, found.deaths, found.since = now(), [*recent, time()], None
    state.write(found.site, died_at=found.died_at, deaths=found.deaths, since=None)


@lifecycle("worker.revive")
def revive_worker(ask: Ask, site: Site) -> Operation:
    """Start a worker that has died. One that does not come up counts as another death."""
    return _ask_for(REVIVE, ask, site, "given its worker back")


@lifecycle("worker.give-up")
def give_up_worker(ask: Ask, site: Site) -> Operation:
    """Leave a worker down that died too often."""
    return _ask_for(GIVE_UP, ask, site, "left without its worker")


def _ask_for(flow: Flow, ask: Ask, site: Site, deed: str) -> Operation:
    require(ask, "site:operate", OPERATE, site)
    params = {"worker_id": site.pk}
    operation = enqueue(flow, site, site.server, ask, params=params, resources=[f"site:{site.pk}"])
    must_be(site, operation, Site.RUNNING, deed)
    state.write(site, died_at=None)
    return operation
