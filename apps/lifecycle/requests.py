"""What every lifecycle asks of a request first."""

from __future__ import annotations

from django.db.models import Model

from apps.operations.asking import Ask
from apps.operations.refusals import Forbidden


def require(ask: Ask, scope: str, permission: str, subject: Model | None = None) -> None:
    """Refuse unless the token's *scope* and the user's *permission* allow it. Raises Forbidden."""
    if not ask.may(scope, permission, subject):
        raise Forbidden(f"This needs {scope}; ask the host's staff for it, or use a token that has it.")
