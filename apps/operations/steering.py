"""What a person may do with an operation that is there: cancel it, or resume one that is stuck."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.operations import sending
from apps.operations.asking import Ask
from apps.operations.flow import FLOWS
from apps.operations.models import Operation
from apps.operations.refusals import Forbidden, WrongState


def cancel(ask: Ask, operation: Operation) -> Operation:
    """Ask for *operation* to go back. It does before its next step, or when the step at work looks up."""
    _require(ask, operation)
    if operation.ended:
        raise WrongState(f"Operation {operation.pk} has ended ({operation.status}); there is nothing to cancel.")
    if FLOWS[operation.flow].past_return({line.key for line in operation.lines.all()}):
        raise WrongState(f"Operation {operation.pk} is past its point of no return: it only goes forward.")
    with transaction.atomic():
        waiting = Operation.objects.filter(pk=operation.pk, status=Operation.Status.WAITING)
        waiting.update(status=Operation.Status.PENDING)
        Operation.objects.filter(pk=operation.pk).update(cancel_asked=True, due_at=now())
        _audit(ask, operation, "operation.cancel")
        sending.on_commit(operation)
    operation.refresh_from_db()
    return operation


def resume(ask: Ask, operation: Operation) -> Operation:
    """Try the undoing of a *stuck* operation again, from its last step."""
    _require(ask, operation)
    if operation.status != Operation.Status.STUCK:
        raise WrongState(f"Operation {operation.pk} is {operation.status}; only a stuck one can be resumed.")
    with transaction.atomic():
        operation.lines.exclude(undo_error="").update(undo_error="")
        Operation.objects.filter(pk=operation.pk).update(
            status=Operation.Status.UNDOING, due_at=now(), ended_at=None, trouble_since=None
        )
        _audit(ask, operation, "operation.resume")
        sending.on_commit(operation)
    operation.refresh_from_db()
    return operation


def _require(ask: Ask, operation: Operation) -> None:
    """Whoever asked for it may steer it, and whoever may change every operation."""
    if ask.scopes is not None and "operation:change" not in ask.scopes:
        raise Forbidden("The token's scopes do not include operation:change; create one that does.")
    others = ask.user is None or ask.user.has_perm("operations.change_operation")
    if ask.user != operation.asked_by and not others:
        raise Forbidden("Only the one who asked for this operation, or the host's staff, may change it.")


def _audit(ask: Ask, operation: Operation, action: str) -> None:
    audit.write(ask, action, About("operation", operation.pk, str(operation)), operation=operation)
