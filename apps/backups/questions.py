"""What a runner makes for the doors."""

from __future__ import annotations

from apps.host.archive.keys import new_key
from apps.host.host import Host
from apps.operations.models import Question
from apps.operations.questions import answers


@answers("recovery-key")
def recovery_key(question: Question, host: Host) -> dict[str, str]:
    """``{recipient, identity}`` of a new pair. It stands nowhere but in the answer, which is sealed for the asker."""
    key = new_key()
    return {"recipient": key.recipient, "identity": key.identity}
