"""The proof of a backup: a copy of the site runs from it, unseen, and is gone again."""

from __future__ import annotations

from django.utils.timezone import now

from apps.backups.models import Backup
from apps.backups.standing import COMPLETED, must_stand
from apps.backups.steps.beside import MakeAside
from apps.backups.steps.opening import OpenBackup
from apps.backups.steps.trying import ClearTrial, PointTrial, RunTrial, TryFiles
from apps.backups.steps.trying_databases import LoadTrialDatabases, MakeTrialDatabases
from apps.backups.wanted import must_suit
from apps.lifecycle.backup import SAVABLE
from apps.lifecycle.requests import CHANGE, must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records
from apps.operations.models import Operation
from apps.operations.refusals import Invalid, WrongState
from apps.operations.run import Run
from apps.sites.steps.status import CheckState


class Proof(Records):
    """It is proven now; how long that took is what a person would wait for a restore, at least."""

    def finish(self, run: Run) -> None:
        at, begun = now(), run.operation.started_at or run.operation.created_at
        facts = {"proven_at": at, "proven_seconds": (at - begun).total_seconds(), "verified_at": at, "fault": ""}
        Backup.objects.filter(pk=run.params["backup_id"]).update(**facts)


DRILL = Flow(
    "backup.drill",
    title="Restore Drill",
    steps=(
        CheckState(SAVABLE, "tried out"),
        OpenBackup(),
        MakeAside(),
        TryFiles(),
        MakeTrialDatabases(),
        LoadTrialDatabases(),
        PointTrial(),
        RunTrial(),
        ClearTrial(),
    ),
    records=Proof(),
    long=True,
)


@lifecycle("backup.drill")
def drill_backup(ask: Ask, backup: Backup) -> Operation:
    """Restore *backup* beside its site, start the site from it where nobody sees it, look, and remove all of it."""
    site = backup.site
    if site is None:
        raise WrongState(f"The site of {backup} is gone, and with it the user that a drill runs as; verify it instead.")
    require(ask, "backup:change", CHANGE, site)
    if not backup.has_files:
        raise Invalid("", f"{backup} has no files in it, so nothing can run from it; verify it instead.")
    params = {"backup_id": backup.pk, "files": True, "path": ""}
    must_suit(backup, site, params)
    holds = [f"site:{site.pk}/backup", f"backup:{backup.pk}"]
    operation = enqueue(DRILL, site, site.server, ask, params=params, resources=holds)
    must_be(site, operation, SAVABLE, "tried out")
    must_stand(backup, operation, COMPLETED)
    return operation
