"""The panel's own backup: what goes into it, and when it is due. Without a recovery key there is none.

Its row is a backup's like any other, of no site. It is locked for the server's key too, so that it can be verified.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.timezone import now

from apps.backups.keys import recipients_of
from apps.backups.models import Backup
from apps.backups.naming import archive_name
from apps.backups.recovery import recovery_of
from apps.backups.retention import Policy
from apps.host.archive import panel as inside
from apps.host.archive.writing import Content
from apps.host.authority import saved_authority
from apps.host.records import PostgreSQL, sqlite_records
from apps.host.streams import Waiting
from apps.operations.run import Run
from apps.servers.models import Server

PANEL = "panel"
"""In the place of a slug: no site has this one."""
DAY, AFTER_A_FAILURE = timedelta(days=1), timedelta(hours=1)
RECIPIENT = "recovery"
"""The fact of a backup that says which recovery key opens it."""
EXTENSIONS = {inside.SQLITE: "sqlite3", inside.POSTGRESQL: "sql"}
POLICY = Policy(last=3, daily=7, weekly=4, zone=settings.TIME_ZONE)


def panel_backups(server: Server) -> QuerySet[Backup]:
    return Backup.objects.filter(server=server, site=None, slug=PANEL, kind=PANEL, removed_at=None)


def is_due(server: Server) -> bool:
    """Whether a day has passed since the last one, or it is locked for another recovery key than there is now."""
    recipient, completed = recovery_of(server), Q(status=Backup.Status.COMPLETED)
    found = panel_backups(server).filter(created_at__gt=now() - DAY)
    just_tried = found.filter(~completed, created_at__gt=now() - AFTER_A_FAILURE)
    good = found.filter(completed, fault="", facts__recovery=recipient)
    return bool(recipient) and not just_tried.exists() and not good.exists()


def new_panel_backup(server: Server, reason: Backup.Reason) -> Backup:
    """A row for an archive that nothing else has the name of."""
    at, facts = now(), {"has_files": False, "has_databases": False}
    row = Backup.objects.create(server=server, slug=PANEL, kind=PANEL, reason=reason, file=f"{PANEL}-{at}", **facts)
    row.file = archive_name(PANEL, at, row.pk)
    row.save(update_fields=["file"])
    return row


def content_of(run: Run, backup: Backup, waiting: Waiting) -> Content:
    """The keys are read before the records: nothing may give the server new ones meanwhile (its key is held)."""
    folder = run.places.root
    texts = {f"{inside.KEYS}/{name}": (run.places.keys / name).read_text() for name in inside.SEALED_WITH}
    for name in (inside.SECRET, inside.SETTINGS):
        if (folder / name).exists():
            texts[name] = (folder / name).read_text()
    texts |= saved_authority(folder)
    texts[inside.ARCHIVES] = json.dumps(_archives(backup.server), indent=1)
    streams = {f"{inside.RECORDS}.{EXTENSIONS[connection.vendor]}": _records(run, waiting)}
    facts, recipients = manifest_of(run, backup), recipients_of(backup.server, run.host)
    return Content(facts, recipients, texts=texts, streams=streams, readme=inside.README)


def manifest_of(run: Run, backup: Backup) -> dict[str, Any]:
    told = {
        "server": backup.server.name,
        "instance": run.places.instance,
        "records": connection.vendor,
        "made_at": backup.created_at.isoformat(),
    }
    return {inside.MARK: told}


def _archives(server: Server) -> list[dict[str, Any]]:
    found = Backup.objects.filter(server=server, status=Backup.Status.COMPLETED, removed_at=None).order_by("pk")
    columns = ("file", "slug", "kind", "bytes", "sha256")
    return [
        {**{name: getattr(one, name) for name in columns}, "created_at": one.created_at.isoformat()} for one in found
    ]


def _records(run: Run, waiting: Waiting) -> Iterator[bytes]:
    connection.ensure_connection()
    if connection.vendor == inside.SQLITE:
        return sqlite_records(connection.connection, run.places.archives / ".records")
    return postgresql().records(waiting)


def postgresql() -> PostgreSQL:
    """The panel's database, as the settings name it."""
    told = connection.settings_dict
    values = {name: str(told.get(name.upper(), "") or "") for name in ("name", "host", "port", "user", "password")}
    return PostgreSQL(**values)
