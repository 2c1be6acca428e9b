"""A link to one archive, for whoever cannot sign in: wget on another machine. Signed, and good for an hour.

Nothing of it is kept: it says whose it is and which backup it opens, and when it is used that one must still be allowed
to have it. What it gives is locked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.urls import reverse
from django.utils.timezone import now

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.backups.downloads import SCOPE, must_be_there
from apps.backups.models import Backup
from apps.operations.asking import Ask
from apps.operations.refusals import Forbidden, Refusal

LASTS = timedelta(hours=1)
SALT = "frankenpanel.backup-link"
DOOR = "link"
OVER = "This link is over, or is none of the panel's; ask for a new one (./panel backup export)."


@dataclass(frozen=True)
class Linked:
    asked: Ask
    backup: Backup


def link(asked: Ask, backup: Backup) -> dict[str, Any]:
    """``{link, until, command}``: an address that gives the archive to whoever has it. Written down, as its use is."""
    about = About("backup", backup.pk, str(backup))
    try:
        must_be_there(asked, backup)
    except Refusal as refusal:
        audit.write(asked, "backup.export", about, refusal)
        raise
    audit.write(asked, "backup.export", about)
    token = signing.dumps([backup.pk, asked.user.pk if asked.user else None], salt=SALT)
    url = f"https://{settings.PANEL_HOST}:{settings.HTTPS_PORT}{reverse('backup-link', args=[token])}"
    until = (now() + LASTS).isoformat(timespec="seconds")
    return {"link": url, "until": until, "command": f"wget --continue --output-document={backup.file} {url}"}


def linked(token: str) -> Linked:
    """What *token* opens, and for whom. Raises Forbidden for one that is over, or that nobody here has signed."""
    try:
        backup_pk, user_pk = signing.loads(token, salt=SALT, max_age=LASTS)
    except signing.BadSignature as error:
        raise Forbidden(OVER) from error
    backup = Backup.objects.select_related("site__server", "server").filter(pk=backup_pk).first()
    user = User.objects.filter(pk=user_pk).first()
    if backup is None or (user is None and user_pk is not None):
        raise Forbidden(OVER)
    return Linked(Ask(user, DOOR, frozenset({SCOPE})), backup)
