"""Backup Lifecycle / 2. Backup Restore, into the site that it was made of.

All that is restored lies beside, whole, before anything live changes: files in a folder of their own, tables in
databases of their own. Then folders are exchanged and tables renamed. What was there before is a backup too, in the
list like every other: to restore that takes the restore back.
"""

from __future__ import annotations

from typing import Unpack

from apps.backups.copied import rewriting_back
from apps.backups.models import Backup
from apps.backups.standing import COMPLETED, must_stand
from apps.backups.steps.archive import MakeRoom, MeasureArchive, WriteArchive
from apps.backups.steps.beside import ExtractFiles, MakeAside, RemoveAside
from apps.backups.steps.loading import LoadDatabases, RewriteBeside
from apps.backups.steps.opening import OpenBackup
from apps.backups.steps.putting import AdaptConfiguration, ExchangeFiles, RunRestored
from apps.backups.wanted import FROM, Parts, must_suit, wanted_of
from apps.databases.steps.rewriting import PARAMETER, SECURE
from apps.databases.steps.scratch import SEVERAL, DropOldContent, MakeScratch
from apps.databases.steps.swapping import SwapContent
from apps.lifecycle.backup import complete, new_backup
from apps.lifecycle.requests import CHANGE, must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records, line
from apps.operations.models import Operation
from apps.operations.refusals import WrongState
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.steps.status import CheckState
from apps.workers.steps.running import LookAtWorker

Status = Site.Status
BEFORE = "before_id"
RESTORABLE = (Status.ACTIVE, Status.INACTIVE, Status.MAINTENANCE, Status.SUSPENDED)


class RestoreRecords(Records):
    """Line 7, seen from the other end; and the backup of what was there before, where one was made."""

    def finish(self, run: Run) -> None:
        complete(run.params.get(BEFORE, 0))

    def undo(self, run: Run) -> None:
        Backup.objects.filter(pk=run.params.get(BEFORE, 0)).delete()


RESTORE = Flow(
    "backup.restore",
    seed="Backup Lifecycle / 2. Backup Restore",
    in_request=(1, 7),
    steps=(
        CheckState(RESTORABLE, "restored"),
        LookAtWorker(),
        line(2, OpenBackup()),
        MakeRoom(BEFORE),
        WriteArchive(BEFORE),
        MeasureArchive(BEFORE),
        MakeAside(),
        line(3, ExtractFiles()),
        MakeScratch(),
        LoadDatabases(),
        RewriteBeside(),
        AdaptConfiguration(),
        line(4, ExchangeFiles()),
        line(5, SwapContent()),
        RunRestored(),
        DropOldContent(),
        line(6, RemoveAside()),
    ),
    records=RestoreRecords(),
    no_return=DropOldContent.key,
    long=True,
)


@lifecycle("backup.restore")
def restore_backup(ask: Ask, backup: Backup, *, keep: bool = True, **parts: Unpack[Parts]) -> Operation:
    """Put what is wanted of *backup* in the place of what its site has now; with nothing said, all of it.

    *path* is a file or folder of it, *database* the name of one in it, *table* one table of that. What it replaces is
    saved before, in a backup of its own, unless not *keep*.
    """
    site = backup.site
    if site is None:
        raise WrongState(f"The site of {backup} is gone; make a new one of it: ./panel backup clone {backup.pk}.")
    require(ask, "backup:restore", CHANGE, site)
    params = wanted_of(backup, parts)
    must_suit(backup, site, params)
    if backup.facts.get("configured") in params[FROM].values():
        params |= {PARAMETER: rewriting_back(backup.facts, site), SECURE: backup.facts.get("secure", False)}
    if keep:
        replaced = {"has_files": params["files"], "has_databases": bool(params[SEVERAL])}
        params[BEFORE] = new_backup(site, Backup.Reason.RESTORE, **replaced).pk
    holds = [f"site:{site.pk}", f"site:{site.pk}/backup", f"backup:{backup.pk}"]
    params["backup_id"] = backup.pk
    operation = enqueue(RESTORE, site, site.server, ask, params=params, resources=holds)
    must_be(site, operation, RESTORABLE, "restored")
    must_stand(backup, operation, COMPLETED)
    return operation
