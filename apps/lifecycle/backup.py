"""Backup Lifecycle / 1. Backup Creation; and what else can be done to a backup that touches no site."""

from __future__ import annotations

from typing import Any

from django.utils.timezone import now

from apps.backups.limit import must_be_allowed
from apps.backups.models import REFUSED, Backup
from apps.backups.naming import archive_name, check_label
from apps.backups.standing import COMPLETED, must_stand
from apps.backups.steps.archive import MakeRoom, MeasureArchive, WriteArchive
from apps.backups.steps.copying import RemoveCopies
from apps.backups.steps.keeping import ChangeBackup, RemoveArchive
from apps.backups.steps.verifying import VerifyArchive
from apps.lifecycle.requests import CHANGE, OPERATE, must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records, line
from apps.operations.models import Operation
from apps.operations.refusals import Invalid
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.steps.status import CheckState

Status = Site.Status
SAVABLE = (Status.ACTIVE, Status.INACTIVE, Status.MAINTENANCE, Status.SUSPENDED)
"""States of a site in which its files and databases lie where they belong."""

# 1. Backup Creation


class BackupRecords(Records):
    """Lines 1 and 9, seen from the other end."""

    def finish(self, run: Run) -> None:
        complete(run.params["backup_id"])

    def undo(self, run: Run) -> None:
        """What has failed stays in the list: nobody should believe that it is there, or that nobody tried."""
        why = run.operation.error or "It was cancelled."
        Backup.objects.filter(pk=run.params["backup_id"]).update(status=Backup.Status.FAILED, fault=why)


CREATE = Flow(
    "backup.create",
    seed="Backup Lifecycle / 1. Backup Creation",
    in_request=(1, 9),
    steps=(
        CheckState(SAVABLE, "backed up"),
        MakeRoom(),
        line((2, 3, 4, 5, 6, 7), WriteArchive()),
        line((8, 10), MeasureArchive()),
    ),
    records=BackupRecords(),
    long=True,
)


@lifecycle("backup.create")
def create_backup(
    ask: Ask, site: Site, *, label: str = "", pinned: bool = False, files: bool = True, databases: bool = True
) -> Operation:
    """Line 1: a record of what is being saved. The site goes on meanwhile: nothing of it is stopped or locked."""
    require(ask, "backup:create", OPERATE, site)
    if not files and not databases:
        raise Invalid("files", "Say what to save: the files, the databases, or both.")
    must_be_allowed(site, files=files, databases=databases)
    parts = {"has_files": files, "has_databases": databases}
    backup = new_backup(site, Backup.Reason.ASKED, label=check_label(label), pinned=pinned, **parts)
    return _create(ask, site, backup)


@lifecycle("backup.create")
def back_up_by_schedule(ask: Ask, site: Site) -> Operation:
    """The same when its time has come: all of it."""
    must_be_allowed(site)
    return _create(ask, site, new_backup(site, Backup.Reason.SCHEDULED))


def note_refused(site: Site, why: str) -> None:
    """One that its time had come for, and that was not allowed: in the list, and told, as any that failed."""
    refused = {"status": Backup.Status.FAILED, "fault": why, "facts": {REFUSED: True}}
    new_backup(site, Backup.Reason.SCHEDULED, **refused)


def _create(ask: Ask, site: Site, backup: Backup) -> Operation:
    resources = [f"site:{site.pk}/backup"]
    operation = enqueue(CREATE, site, site.server, ask, params={"backup_id": backup.pk}, resources=resources)
    must_be(site, operation, SAVABLE, "backed up")
    return operation


def complete(pk: int) -> None:
    """Line 9. There being none of that number is no error."""
    Backup.objects.filter(pk=pk).update(status=Backup.Status.COMPLETED, completed_at=now())


def new_backup(site: Site, reason: Backup.Reason, **facts: Any) -> Backup:
    """A row for an archive that nothing else has the name of."""
    at = now()
    backup = Backup.objects.create(
        server=site.server, site=site, slug=site.slug, kind=site.kind, reason=reason, file=f"{site.slug}-{at}", **facts
    )
    backup.file = archive_name(site.slug, at, backup.pk)
    backup.save(update_fields=["file"])
    return backup


# What is done to one that is there

UPDATE = Flow("backup.update", title="Backup Change", steps=(ChangeBackup(),))
VERIFY = Flow("backup.verify", title="Backup Verification", steps=(VerifyArchive(),), long=True)
DELETE = Flow(
    "backup.delete",
    title="Backup Deletion",
    steps=(RemoveCopies(), RemoveArchive()),
    no_return=RemoveArchive.key,
)


@lifecycle("backup.update")
def update_backup(ask: Ask, backup: Backup, *, label: str | None = None, pinned: bool | None = None) -> Operation:
    """Give it another label, or pin it: then nothing removes it but a person, who unpins it first."""
    if label is None and pinned is None:
        raise Invalid("", "Say what to change: its label, or whether it is pinned.")
    wanted: dict[str, Any] = {}
    if label is not None:
        wanted["label"] = check_label(label)
    if pinned is not None:
        wanted["pinned"] = pinned
    return _change(UPDATE, ask, backup, "backup:change", COMPLETED, wanted=wanted)


@lifecycle("backup.verify")
def verify_backup(ask: Ask, backup: Backup) -> Operation:
    """Read all of it, and compare every file in it with what was written."""
    return _change(VERIFY, ask, backup, "backup:change", COMPLETED)


@lifecycle("backup.delete")
def delete_backup(ask: Ask, backup: Backup) -> Operation:
    """Remove the archive for good. One that is pinned is refused; so is one that something reads just now."""
    if backup.pinned:
        raise Invalid("", f"{backup} is pinned; unpin it first (./panel backup update {backup.pk} --no-pinned).")
    return _change(DELETE, ask, backup, "backup:delete", (*COMPLETED, Backup.Status.FAILED))


def _change(
    flow: Flow, ask: Ask, backup: Backup, scope: str, states: tuple[Backup.Status, ...], **params: Any
) -> Operation:
    """Ask for *flow*, which has the backup for itself."""
    require(ask, scope, CHANGE, backup.site)
    asked = {"backup_id": backup.pk, **params}
    subject = backup.site or backup
    operation = enqueue(flow, subject, backup.server, ask, params=asked, resources=[f"backup:{backup.pk}"])
    must_stand(backup, operation, states)
    return operation
