"""A new key for a server's sealed texts. The seed has no list for it."""

from __future__ import annotations

from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.refusals import Forbidden
from apps.servers.key_steps import AddKey, DropOldKey, SealAnew
from apps.servers.models import Server

SCOPE, PERMISSION = "key:rotate", "servers.change_server"

ROTATE = Flow(
    "key.rotate",
    title="Key Rotation",
    steps=(AddKey(), SealAnew(), DropOldKey()),
    no_return=DropOldKey.key,
)


@lifecycle("key.rotate")
def rotate_key(ask: Ask, server: Server) -> Operation:
    """Give *server* a new key, seal all that its runners have sealed with it, and drop the old one."""
    if not may_rotate(ask):
        raise Forbidden(f"This needs {SCOPE} and is the host's staff's to do; ask them, or use a token that has it.")
    return enqueue(ROTATE, server, server, ask, params={}, resources=[f"key:{server.pk}"])


def may_rotate(ask: Ask) -> bool:
    staff = ask.user is None or ask.user.is_staff or ask.user.is_superuser
    return staff and ask.may(SCOPE, PERMISSION)
