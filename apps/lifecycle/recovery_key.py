"""The administrator's recovery key, kept offline: archives are locked for it too. The seed has no list for it."""

from __future__ import annotations

from apps.backups.recovery import checked
from apps.backups.steps.recovery_key import SetRecoveryKey
from apps.lifecycle.key_rotation import PERMISSION, SCOPE
from apps.lifecycle.requests import require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.servers.models import Server

SET = Flow("server.recovery", title="Recovery Key", steps=(SetRecoveryKey(),))


@lifecycle("server.recovery")
def set_recovery_key(ask: Ask, server: Server, recipient: str) -> Operation:
    """Lock every archive of *server* for *recipient* too from now on, and for the recovery key before it no more."""
    require(ask, SCOPE, PERMISSION)
    params = {"recipient": checked(server, recipient)}
    return enqueue(SET, server, server, ask, params=params, resources=[f"server:{server.pk}"])
