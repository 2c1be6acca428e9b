"""Site Lifecycle / 4. Site Deletion: aside first, where it can be taken back from.

``site_purge`` carries what is for good. Until the end of a deletion everything of it can be taken back, so it has no
point of no return: one that fails or is cancelled leaves the site as it was.
"""

from __future__ import annotations

from typing import Any

from apps.backups.models import Backup
from apps.backups.steps.archive import MakeRoom, MeasureArchive, WriteArchive
from apps.databases.steps.of_site import LockDatabases, UnlockDatabases
from apps.domains.claiming import claim_back, forget_names, let_go
from apps.domains.steps import ReloadCaddy, WriteCaddyfile
from apps.domains.steps.leaving import TakeSiteOff
from apps.domains.steps.pages import ShowPage
from apps.lifecycle.backup import complete, new_backup
from apps.lifecycle.requests import DELETE as DELETE_SITE
from apps.lifecycle.requests import must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records, line
from apps.operations.models import Operation
from apps.operations.refusals import WrongState
from apps.operations.run import Run
from apps.servers.allocation import one_at_a_time
from apps.sites.kept import keep, kept_of
from apps.sites.models import Site
from apps.sites.ports import free_port
from apps.sites.steps.keeping import BringSiteBack, EndProcesses, KeepSite
from apps.sites.steps.status import CheckState, SetStatus
from apps.workers.steps import WriteWorkerConfig
from apps.workers.steps.bringing_back import BringBack
from apps.workers.steps.forgetting import ForgetWorker
from apps.workers.steps.running import LookAtWorker, StopWorker

Status = Site.Status
SCOPE = "site:delete"
DELETABLE = (Status.ACTIVE, Status.INACTIVE, Status.MAINTENANCE, Status.SUSPENDED)


class Kept(Records):
    """The end of a deletion: the port and the names are free, the slug stays taken."""

    def finish(self, run: Run) -> None:
        site = run.record(Site)
        memos = {one.key: one.memo for one in run.operation.lines.all()}
        keep(site, run.operation, memos[KeepSite.key]["bytes"], memos[SetStatus.key]["status"])
        let_go(site)
        Site.objects.filter(pk=site.pk).update(status=Status.DELETED, port=None)
        complete(run.params.get("backup_id", 0))

    def undo(self, run: Run) -> None:
        Backup.objects.filter(pk=run.params.get("backup_id", 0)).delete()


DELETE = Flow(
    "site.delete",
    seed="Site Lifecycle / 4. Site Deletion",
    in_request=(1, 7),
    steps=(
        CheckState(DELETABLE, "deleted"),
        LookAtWorker(),
        SetStatus(Status.DELETING),
        ShowPage(Site.Front.STOPPED),
        line(2, StopWorker()),
        EndProcesses(),
        MakeRoom(),
        WriteArchive(),
        MeasureArchive(),
        LockDatabases(),
        line(3, TakeSiteOff()),
        ForgetWorker(),
        KeepSite(),
    ),
    records=Kept(),
    long=True,
)


class BackAgain(Records):
    """The end of an undeletion: it is what it was. Where that is taken back itself, port and names are free again."""

    def finish(self, run: Run) -> None:
        site = run.record(Site)
        Site.objects.filter(pk=site.pk).update(status=former(run))
        forget_names(site, run.params["left"])
        if kept := kept_of(site):
            kept.delete()

    def undo(self, run: Run) -> None:
        site = run.find(Site)
        if site is not None and run.params["claimed"] and kept_of(site) is not None:
            let_go(site)
            Site.objects.filter(pk=site.pk).update(port=None, front=Site.Front.STOPPED)


def former(run: Run) -> Site.Status:
    """What the site was before it was deleted."""
    kept = kept_of(run.record(Site))
    return Site.Status(kept.facts["status"]) if kept else Status.INACTIVE


UNDELETE = Flow(
    "site.undelete",
    title="Undeletion",
    steps=(
        CheckState((Status.DELETED,), "taken back"),
        BringSiteBack(),
        UnlockDatabases(),
        WriteWorkerConfig(),
        WriteCaddyfile(),
        BringBack(former),
        ReloadCaddy(),
    ),
    records=BackAgain(),
)


@lifecycle("site.delete")
def delete_site(ask: Ask, site: Site, *, backup: bool = True) -> Operation:
    """Lines 1 and 7. Off the front and into the trash, for as long as it can be taken back.

    A last *backup* is made on the way, which outlives even that.
    """
    last = {"backup_id": new_backup(site, Backup.Reason.DELETION).pk} if backup else {}
    operation = _ask_for(DELETE, ask, site, last)
    must_be(site, operation, DELETABLE, "deleted")
    return operation


@lifecycle("site.undelete")
def undelete_site(ask: Ask, site: Site, *, without_taken: bool = False) -> Operation:
    """Bring *site* back to work, on another port if its own is taken. Raises Taken for a name that is meanwhile.

    *without_taken*: come back without such names, as long as one is left.
    """
    operation = _ask_for(UNDELETE, ask, site, {"left": [], "claimed": False})
    must_be(site, operation, (Status.DELETED,), "taken back")
    one_at_a_time()
    kept = kept_of(site)
    if kept is None:
        raise WrongState(f"Nothing of {site.slug} is kept that could be taken back; restore a backup.")
    if site.port is None:  # else another undeletion, which this one waits for, has claimed it all
        site.port = free_port(site.server, kept.facts["port"])
        site.save(update_fields=["port"])
        operation.params["left"] = claim_back(ask, site, kept.facts["hosts"], without_taken=without_taken)
        operation.params["claimed"] = True
        operation.save(update_fields=["params"])
    return operation


def _ask_for(flow: Flow, ask: Ask, site: Site, params: dict[str, Any]) -> Operation:
    """Nothing else is at work on the site or its backups meanwhile."""
    require(ask, SCOPE, DELETE_SITE, site)
    holds = [f"site:{site.pk}", f"site:{site.pk}/backup"]
    return enqueue(flow, site, site.server, ask, params=params, resources=holds)
