"""Why a request is refused at the door, in words that every door gives alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from apps.operations.models import Operation


class Refusal(Exception):
    """A request that does not become an operation. *code* is stable: scripts may rely on it."""

    code: ClassVar[str]
    status: ClassVar[int]
    """HTTP's."""
    exit: ClassVar[int]
    """The command line's."""


class Invalid(Refusal):
    code, status, exit = "invalid", 400, 2

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Taken(Invalid):
    """Somebody else has it already."""

    code, status, exit = "taken", 409, 4


class Forbidden(Refusal):
    code, status, exit = "forbidden", 403, 10


class Missing(Refusal):
    code, status, exit = "not-found", 404, 3


class Full(Refusal):
    code, status, exit = "limit", 409, 8


class KeyReused(Refusal):
    code, status, exit = "idempotency-key-reused", 422, 2


class WrongState(Refusal):
    code, status, exit = "wrong-state", 409, 1


class Busy(Refusal):
    """The subject is held by another operation."""

    code, status, exit = "busy", 409, 14

    def __init__(self, operation: Operation) -> None:
        super().__init__(
            f"Operation {operation.pk} ({operation.flow}) is at work on this. Wait for it, or ask to be queued."
        )
        self.operation = operation
