"""The first password of what an operation installed: told to whoever asked for it, once."""

from __future__ import annotations

from typing import Any

from apps.host.errors import Refused
from apps.operations import questions
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.refusals import Forbidden, Missing, WrongState

TOLD = "told_at"
"""The memo's key that stays when the secret has been told."""


def has_some(operation: Operation) -> bool:
    """Whether *operation* made credentials that nobody has read yet."""
    return operation.lines.filter(memo__has_key=questions.SECRET).exists()


def reveal(ask: Ask, operation: Operation) -> dict[str, Any]:
    """``{url, user, password}``, read by a runner and gone from the panel with that.

    Raises Forbidden, Missing or WrongState; Unavailable when no runner answers, and then nothing is lost.
    """
    if ask.scopes is not None and "site:create" not in ask.scopes:
        raise Forbidden("The token's scopes do not include site:create; create one that does.")
    if ask.user is None or ask.user != operation.asked_by:
        raise Missing(f"Only the one who asked for operation {operation.pk} is told its credentials.")
    _require_some(operation)
    try:
        answer: dict[str, Any] = questions.ask(
            "credentials", operation.server, ask.user, operation=operation.pk, door=ask.door
        )
    except Refused as refusal:
        raise WrongState(str(refusal)) from refusal
    return answer


def _require_some(operation: Operation) -> None:
    if operation.status != Operation.Status.DONE:
        raise WrongState(
            f"Operation {operation.pk} is {operation.status}; its credentials can be read once it is done."
        )
    if has_some(operation):
        return
    if operation.lines.filter(memo__has_key=TOLD).exists():
        raise WrongState("These credentials were read already; use the application's own “lost your password?”.")
    raise Missing(f"Operation {operation.pk} keeps no credentials: it made none, or a day has passed since.")
