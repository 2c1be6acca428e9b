"""What a backup must be like for something to be done to it."""

from __future__ import annotations

from collections.abc import Collection

from apps.backups.models import Backup
from apps.host.errors import Refused
from apps.operations.models import Operation
from apps.operations.refusals import WrongState
from apps.operations.run import Run

COMPLETED = (Backup.Status.COMPLETED,)


def stands_against(backup: Backup, states: Collection[Backup.Status]) -> str:
    """Why nothing can be done to *backup* as it is; empty where it can."""
    if backup.removed_at is not None:
        return f"{backup} is not there any more: it was removed on {backup.removed_at:%-d %B %Y}."
    if backup.status not in states:
        return f"{backup} is {backup.get_status_display().lower()}; only a backup that is completed will do."
    return ""


def must_stand(backup: Backup, operation: Operation, states: Collection[Backup.Status]) -> None:
    """Refuse what makes no sense to a backup in its state. One that waits in line is looked at by its first step."""
    if operation.status == Operation.Status.WAITING:
        return
    backup.refresh_from_db()
    if reason := stands_against(backup, states):
        raise WrongState(reason)


def standing(run: Run, states: Collection[Backup.Status] = COMPLETED) -> Backup:
    """The backup of *run*. Refused where it is not in one of *states* any more."""
    backup = run.record(Backup)
    if reason := stands_against(backup, states):
        raise Refused(reason)
    return backup
