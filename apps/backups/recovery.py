"""The administrator's recovery key: what opens a server's archives where the server is no more. Its half lies here."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from apps.backups.models import BackupKey
from apps.host.archive.keys import IDENTITY, checked_recipient
from apps.host.errors import Refused
from apps.operations.refusals import Invalid
from apps.servers.models import Server


def recovery_keys(server: Server) -> QuerySet[BackupKey]:
    """Those that archives are locked for from now on: one, or none."""
    return BackupKey.objects.filter(server=server, retired_at=None, sealed_identity="")


def recovery_of(server: Server) -> str:
    """Its recipient; empty where there is none."""
    found = recovery_keys(server).first()
    return found.recipient if found else ""


def without_one() -> QuerySet[Server]:
    """The servers whose archives nobody could open if they were lost."""
    keys = BackupKey.objects.filter(server=OuterRef("pk"), retired_at=None, sealed_identity="")
    return Server.objects.filter(~Exists(keys)).order_by("name")


def warning(server: Server) -> str:
    """What whoever starts the panel is told; empty where there is a key."""
    if recovery_of(server):
        return ""
    make = f"./panel server recovery-key {server} --credentials-file FILE"
    return (
        f"There is no recovery key: if this machine is lost, nothing opens its backups. {make} makes one; keep the"
        f" file elsewhere, and say what it is known by: ./panel server recovery {server} age1…"
    )


def checked(server: Server, text: str) -> str:
    """The recipient in *text*, in its one form. Raises Invalid for what will not do as *server*'s recovery key."""
    if text.strip().lower().startswith(IDENTITY):
        raise Invalid("recipient", "This is the key itself, which only you may have. Its recipient begins with age1.")
    try:
        recipient = checked_recipient(text)
    except Refused as refused:
        raise Invalid("recipient", str(refused)) from refused
    known = BackupKey.objects.filter(server=server, recipient=recipient).first()
    if known is not None and not known.is_recovery:
        raise Invalid("recipient", "This is the server's own key, which would be lost with it. Make another one.")
    if known is not None and known.retired_at is None:
        raise Invalid("recipient", f"{recipient} is the recovery key already.")
    return recipient
