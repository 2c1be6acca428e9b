"""The database beside the live one that a dump is loaded into, and what the journal says of it."""

from __future__ import annotations

from django.utils.timezone import now

from apps.databases.models import Database
from apps.databases.naming import database_name, new_password
from apps.host.login import Login
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.owner import owner_of


class MakeScratch(Step):
    """A database beside, with an account that may use it alone."""

    key = "scratch-database"

    def plan(self, run: Run) -> str:
        return "Create a database beside it, with an account of its own, until this is over"

    def do(self, run: Run) -> None:
        database = run.record(Database)
        prefix, slug = run.places.database_prefix(), database.site.slug
        scratch = run.remember("scratch", lambda: database_name(prefix, slug))
        run.remember("aside", lambda: database_name(prefix, slug))
        run.host.mysql.create(scratch, run.remember_secret("login", new_password))

    def undo(self, run: Run) -> None:
        if scratch := run.memo.get("scratch"):
            run.host.mysql.drop(scratch)


class DropOldContent(Step):
    """Past this there is no way back but the export: what was there before goes, and so does what helped."""

    key = "drop-old-tables"

    def plan(self, run: Run) -> str:
        return "Drop what was there before, and the database beside it"

    def do(self, run: Run) -> None:
        run.host.schemas.drop(noted(run, "aside"))
        run.host.mysql.drop(noted(run, "scratch"))
        run.host.spool.remove(run.params["upload"])
        database = run.record(Database)
        size = run.host.schemas.size(database.name)
        Database.objects.filter(pk=database.pk).update(bytes=size.bytes, tables=size.tables, measured_at=now())


def scratch_of(run: Run) -> Login:
    database = run.record(Database)
    return Login(noted(run, "scratch"), run.host.vault.open(noted(run, "login")), owner_of(run, database.site))


def noted(run: Run, key: str) -> str:
    """What the making of the database beside has noted: it stands in the journal, whoever carries on."""
    return str(run.operation.lines.get(key=MakeScratch.key).memo[key])
