"""A row of the audit log: who asked for what, through which door, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from apps.audit.models import AuditRow

if TYPE_CHECKING:
    from apps.operations.asking import Ask
    from apps.operations.models import Operation
    from apps.operations.refusals import Refusal


class About(NamedTuple):
    """What was asked about: it may be gone one day, so the row has its name too."""

    kind: str = ""
    id: int | None = None
    label: str = ""


def write(
    ask: Ask,
    action: str,
    about: About,
    refusal: Refusal | None = None,
    operation: Operation | None = None,
    how: str = "",
) -> None:
    """Write it down in the transaction that is open, or at once: as refused where there is a *refusal*.

    *how* it came, where it was not, and where there is more to say of it.
    """
    AuditRow.objects.create(
        user=ask.user,
        name=ask.name,
        door=ask.door,
        action=action,
        outcome=AuditRow.Outcome.REFUSED if refusal else AuditRow.Outcome.ACCEPTED,
        reason=str(refusal or how),
        subject_kind=about.kind,
        subject_id=about.id,
        subject_label=about.label,
        operation_id=operation.pk if operation else None,
    )
