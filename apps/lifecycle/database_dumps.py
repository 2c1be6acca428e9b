"""A site's database as a file, and back. The seed has no list for it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.utils.timezone import now

from apps.databases.models import Database, Export
from apps.databases.standing import Standing
from apps.databases.steps.export import WriteExport
from apps.databases.steps.importing import KeepContent, LoadDump, LookAtDump
from apps.databases.steps.scratch import DropOldContent, MakeScratch
from apps.databases.steps.state import CheckDatabase
from apps.databases.steps.swapping import SwapContent
from apps.lifecycle.database import USABLE, change_database
from apps.operations.asking import Ask
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.refusals import Invalid
from apps.operations.rows import NewRow

EXPORTABLE = Standing(Database.Status.ACTIVE, "exported", USABLE)
IMPORTABLE = Standing(Database.Status.ACTIVE, "imported into", USABLE)
LONGEST_PATH = 500
UPLOAD = re.compile("[0-9a-f]{32}")

EXPORT = Flow(
    "database.export",
    title="Database Export",
    steps=(CheckDatabase(EXPORTABLE), WriteExport()),
    records=NewRow(Export),
    long=True,
)

IMPORT = Flow(
    "database.import",
    title="Database Import",
    steps=(
        CheckDatabase(IMPORTABLE),
        LookAtDump(),
        KeepContent(),
        MakeScratch(),
        LoadDump(),
        SwapContent(),
        DropOldContent(),
    ),
    records=NewRow(Export),
    no_return=DropOldContent.key,
    long=True,
)


@lifecycle("database.export")
def export_database(ask: Ask, database: Database) -> Operation:
    """Dump *database* into its site's ``private/exports``, from where it can be downloaded for a while."""
    export = _an_export(database, "")
    return change_database(EXPORT, ask, database, "database:export", EXPORTABLE, export_id=export.pk)


@lifecycle("database.import")
def import_database(ask: Ask, database: Database, *, path: str = "", upload: str = "", keep: bool = True) -> Operation:
    """Put a dump in the place of all that *database* holds. What it holds is exported before, unless not *keep*.

    The dump is a file at *path* in the site's private folder, or an *upload*: the name that a door's spool gave it.
    """
    if not path and not upload:
        raise Invalid("path", "Say which dump: a file in the site's private folder, or one that you send.")
    params: dict[str, Any] = {"path": "" if upload else inside_private(path), "upload": an_upload(upload)}
    if keep:
        params["export_id"] = _an_export(database, "before an import").pk
    return change_database(IMPORT, ask, database, "database:import", IMPORTABLE, **params)


def _an_export(database: Database, reason: str) -> Export:
    """A row for a file that nothing else has the name of."""
    at = now()
    file = f"{database.name}-{at:%Y%m%dT%H%M%S}Z.sql.gz"
    until = at + timedelta(days=settings.EXPORT_DAYS)
    export = Export.objects.create(database=database, site=database.site, file=file, reason=reason, until=until)
    export.file = f"{database.name}-{at:%Y%m%dT%H%M%S}Z-{export.pk}.sql.gz"
    export.save(update_fields=["file"])
    return export


def inside_private(path: str, field: str = "path") -> str:
    """*path* in normal form. Raises Invalid for one that leads elsewhere."""
    parts = PurePosixPath(path).parts
    if not parts or len(path) > LONGEST_PATH or "\0" in path or ".." in parts or path.startswith("/"):
        raise Invalid(field, "The path must lead to a file in the site's private folder: dumps/shop.sql.gz, say.")
    return str(PurePosixPath(*parts))


def an_upload(name: str) -> str:
    """*name*, if a spool may have given it. Raises Invalid."""
    if name and not UPLOAD.fullmatch(name):
        raise Invalid("upload", "That is no upload's name; send the file anew.")
    return name
