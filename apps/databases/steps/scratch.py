"""The databases beside the live ones that dumps are loaded into, and what the journal says of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.utils.timezone import now

from apps.databases.models import Database
from apps.databases.naming import database_name, new_password
from apps.host.login import Login
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.owner import owner_of

SEVERAL = "database_ids"
"""The parameter of an operation that loads more than one."""


@dataclass(frozen=True)
class Beside:
    """Beside the live *database*: what is loaded goes into *scratch*, what was there goes to *aside*."""

    database: Database
    scratch: Login
    aside: str


class MakeScratch(Step):
    """A database beside each, with an account that may use it alone."""

    key = "scratch-database"

    def plan(self, run: Run) -> str:
        if not loaded(run):
            return "No database is loaded"
        return f"Create a database beside {told(run)}, with an account of its own, until this is over"

    def do(self, run: Run) -> None:
        prefix = run.places.database_prefix()
        for database in loaded(run):
            name = partial(database_name, prefix, database.site.slug)
            scratch = run.remember(f"scratch-{database.pk}", name)
            run.remember(f"aside-{database.pk}", name)
            run.host.mysql.create(scratch, run.remember_secret(f"login-{database.pk}", new_password))

    def undo(self, run: Run) -> None:
        for key, name in run.memo.items():
            if key.startswith("scratch-"):
                run.host.mysql.drop(name)


class DropOldContent(Step):
    """Past this there is no way back but what was saved before: what was there goes, and so does what helped."""

    key = "drop-old-tables"

    def plan(self, run: Run) -> str:
        return f"Drop what was in {told(run)} before, and the database beside" if loaded(run) else "Drop nothing"

    def do(self, run: Run) -> None:
        for beside in besides(run):
            run.host.schemas.drop(beside.aside)
            run.host.mysql.drop(beside.scratch.name)
            size = run.host.schemas.size(beside.database.name)
            measured = {"bytes": size.bytes, "tables": size.tables, "measured_at": now()}
            Database.objects.filter(pk=beside.database.pk).update(**measured)
        run.host.spool.remove(run.params.get("upload", ""))


def loaded(run: Run) -> list[Database]:
    """The databases whose content this operation replaces."""
    wanted = run.params.get(SEVERAL, [run.params.get("database_id")])
    return list(Database.objects.select_related("site__server").filter(pk__in=wanted).order_by("pk"))


def told(run: Run) -> str:
    return " and ".join(map(str, loaded(run)))


def besides(run: Run) -> list[Beside]:
    """What the making of the databases beside has noted: it stands in the journal, whoever carries on."""
    return [beside(run, database) for database in loaded(run)]


def beside(run: Run, database: Database) -> Beside:
    memo = run.operation.lines.get(key=MakeScratch.key).memo
    name, sealed = (memo[f"{key}-{database.pk}"] for key in ("scratch", "login"))
    scratch = Login(name, run.host.vault.open(sealed), owner_of(run, database.site))
    return Beside(database, scratch, memo[f"aside-{database.pk}"])
