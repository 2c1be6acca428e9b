"""A backup's own row, and the end of its archive."""

from __future__ import annotations

import json
from typing import Any

from django.utils.timezone import now

from apps.backups.models import Backup
from apps.backups.naming import archive_of
from apps.backups.standing import COMPLETED, standing
from apps.operations.flow import Step
from apps.operations.run import Run


class ChangeBackup(Step):
    key = "backup-change"

    def check(self, run: Run) -> None:
        standing(run)

    def plan(self, run: Run) -> str:
        told = {"label": "call it {!r}", "pinned": "pinned: {}"}
        changes = [told[key].format(value) for key, value in _wanted(run).items()]
        return f"Write down of {run.record(Backup)}: {'; '.join(changes) or 'nothing'}"

    def do(self, run: Run) -> None:
        backup = run.record(Backup)
        run.remember("before", lambda: json.dumps({key: getattr(backup, key) for key in _wanted(run)}))
        Backup.objects.filter(pk=backup.pk).update(**_wanted(run))

    def undo(self, run: Run) -> None:
        if before := run.memo.get("before"):
            Backup.objects.filter(pk=run.record(Backup).pk).update(**json.loads(before))


class RemoveArchive(Step):
    """The row stays, so that nothing takes its number or name and the audit can be read."""

    key = "archive-remove"

    def check(self, run: Run) -> None:
        standing(run, (*COMPLETED, Backup.Status.FAILED))

    def plan(self, run: Run) -> str:
        return f"Remove {archive_of(run.places, run.record(Backup))}; this is for good"

    def do(self, run: Run) -> None:
        backup = run.record(Backup)
        run.host.archives.discard(backup.slug, backup.file)
        Backup.objects.filter(pk=backup.pk).update(removed_at=now())


class DropArchive(Step):
    """The archive that a clone went through has done its work."""

    key = "clone-archive"

    def plan(self, run: Run) -> str:
        return "Remove the archive that it went through"

    def do(self, run: Run) -> None:
        backup = run.record(Backup)
        run.host.archives.discard(backup.slug, backup.file)


def _wanted(run: Run) -> dict[str, Any]:
    return dict(run.params["wanted"])
