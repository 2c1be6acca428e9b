"""Reading all of an archive: the first of the proofs."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.timezone import now

from apps.backups.models import Backup
from apps.backups.naming import archive_of
from apps.backups.standing import COMPLETED, standing
from apps.backups.steps.opening import opened
from apps.databases.steps.counting import Counter
from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run


class VerifyArchive(Step):
    """Each file in it against its own digest, and all of it against the key. A fault is written down.

    It is what the row says from then on, whatever becomes of the operation.
    """

    key = "archive-verify"

    def __init__(self, states: Collection[Backup.Status] = COMPLETED) -> None:
        self.states = states

    def check(self, run: Run) -> None:
        standing(run, self.states)

    def plan(self, run: Run) -> str:
        return f"Read all of {archive_of(run.places, run.record(Backup))}, and compare every file in it"

    def do(self, run: Run) -> None:
        backup = run.record(Backup)
        try:
            with opened(run) as archive:
                archive.verify(Counter(run, backup.bytes or 0, "read").add)
        except Refused as fault:
            Backup.objects.filter(pk=backup.pk).update(fault=str(fault), verified_at=None)
            raise
        Backup.objects.filter(pk=backup.pk).update(fault="", verified_at=now())
