"""A new pair of keys for whoever has no ``age-keygen``: told once, and kept nowhere."""

from __future__ import annotations

from typing import Any

from django.utils.timezone import now

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.lifecycle.key_rotation import PERMISSION, SCOPE
from apps.lifecycle.requests import require
from apps.operations import questions
from apps.operations.asking import Ask
from apps.servers.models import Server


def new_recovery_key(ask: Ask, server: Server) -> dict[str, str]:
    """``{recipient, identity}``, which a runner makes and forgets. *server* does not use it before it is told so."""
    require(ask, SCOPE, PERMISSION)
    told: dict[str, str] = questions.ask("recovery-key", server, ask.user)
    audit.write(ask, "server.recovery-key", About("server", server.pk, server.name))
    return told


def as_file(told: dict[str, Any]) -> str:
    """The pair in the form of ``age-keygen``, which ``age --identity`` reads."""
    return f"# created: {now():%Y-%m-%dT%H:%M:%SZ}\n# public key: {told['recipient']}\n{told['identity']}\n"
