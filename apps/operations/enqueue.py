"""From an accepted request to an operation that a runner will find."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from apps.operations import holds, sending
from apps.operations.asking import Ask
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.servers.models import Server


def enqueue(
    flow: Flow, subject: Model, server: Server, ask: Ask, *, params: dict[str, Any], resources: Iterable[str]
) -> Operation:
    """Write the operation and its holds, and wake a runner once the transaction is committed.

    Raises Busy when one of *resources* is another operation's and the asker would not wait.
    """
    operation = Operation.objects.create(
        flow=flow.name,
        subject_kind=str(subject._meta.model_name),
        subject_id=subject.pk,
        subject_label=str(subject),
        server=server,
        queue=f"server.{server.name}{'.long' if flow.long else ''}",
        asked_by=ask.user,
        asker=ask.name,
        door=ask.door,
        params={f"{subject._meta.model_name}_id": subject.pk, **params},
        idempotency_key=ask.key or None,
        request_digest=ask.digest,
    )
    holds.take(operation, resources, or_wait=ask.or_wait)
    operation.save(update_fields=["params"])
    if operation.status == Operation.Status.PENDING:
        sending.on_commit(operation)
    return operation
