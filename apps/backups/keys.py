"""The keys that archives are locked for: the server's own, made when it is first needed, and the recovery keys."""

from __future__ import annotations

from django.db import transaction

from apps.backups.models import BackupKey
from apps.backups.recovery import recovery_keys
from apps.host.archive.keys import Key, new_key, read_key
from apps.host.host import Host
from apps.servers.allocation import one_at_a_time
from apps.servers.models import Server


def recipients_of(server: Server, host: Host) -> list[str]:
    """Whom a new archive is locked for, the server first."""
    own = own_key(server, host)
    return [own.recipient, *recovery_keys(server).values_list("recipient", flat=True)]


def own_key(server: Server, host: Host) -> BackupKey:
    """The server's newest key, made where there is none."""
    with transaction.atomic():
        one_at_a_time()
        found = BackupKey.objects.filter(server=server, retired_at=None).exclude(sealed_identity="").first()
        return found or _made(server, host)


def keys_of(server: Server, host: Host) -> list[Key]:
    """What opens the server's archives, the newest first: retired keys too, for old archives need them."""
    sealed = BackupKey.objects.filter(server=server).exclude(sealed_identity="")
    return [read_key(host.vault.open(key.sealed_identity)) for key in sealed]


def _made(server: Server, host: Host) -> BackupKey:
    key = new_key()
    sealed = host.vault.seal(key.identity)
    return BackupKey.objects.create(server=server, recipient=key.recipient, sealed_identity=sealed)
