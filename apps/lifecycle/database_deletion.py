"""Database Lifecycle / 3. Database Deletion: aside first; dropped when the undo window has passed, or by hand."""

from __future__ import annotations

from apps.databases.models import Database
from apps.databases.standing import Standing
from apps.databases.steps.keeping import DropDatabase, ForgetDatabase, KeepDatabase, LockDatabase, UnlockDatabase
from apps.databases.steps.state import CheckDatabase, CheckUnused
from apps.lifecycle.database import USABLE, change_database
from apps.lifecycle.purging import PURGES
from apps.operations.asking import Ask
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records, line
from apps.operations.models import Operation
from apps.operations.refusals import Missing
from apps.operations.run import Run
from apps.servers.models import Kept

Status = Database.Status
SCOPE = "database:delete"
DELETABLE = Standing(Status.ACTIVE, "deleted", USABLE)
KEPT = Standing(Status.DELETED, "taken back", USABLE)
PURGEABLE = Standing(Status.DELETED, "dropped", ())
"""Whatever state its site is in."""
DELETE = Flow(
    "database.delete",
    title="Database Deletion",
    steps=(CheckDatabase(DELETABLE), CheckUnused(), LockDatabase(), KeepDatabase()),
)


class BackAgain(Records):
    """What the end of an undeletion writes."""

    def finish(self, run: Run) -> None:
        database = Database.objects.filter(pk=run.params["database_id"])
        Kept.objects.filter(kind=Kept.Kind.DATABASE, place__in=database.values("name")).delete()
        database.update(status=Status.ACTIVE)


UNDELETE = Flow(
    "database.undelete",
    title="Database Undeletion",
    steps=(CheckDatabase(KEPT), UnlockDatabase()),
    records=BackAgain(),
)

PURGE = Flow(
    "database.purge",
    seed="Database Lifecycle / 3. Database Deletion",
    title="Database Purge",
    in_request=(),
    steps=(
        CheckDatabase(PURGEABLE),
        line((1, 2, 3), DropDatabase()),
        line(4, ForgetDatabase()),
    ),
    no_return=DropDatabase.key,
)


@lifecycle("database.delete")
def delete_database(ask: Ask, database: Database, *, force: bool = False) -> Operation:
    """Shut *database*, and keep it for a while. One that the site's configuration names must be forced."""
    return change_database(DELETE, ask, database, SCOPE, DELETABLE, force=force)


@lifecycle("database.undelete")
def undelete_database(ask: Ask, database: Database) -> Operation:
    """Open a deleted *database* again, with the password that it had."""
    return change_database(UNDELETE, ask, database, SCOPE, KEPT)


@lifecycle("database.purge")
def purge_database(ask: Ask, database: Database) -> Operation:
    """Lines 1 to 4: drop a deleted *database* before its time, whatever state its site is in."""
    return change_database(PURGE, ask, database, SCOPE, PURGEABLE)


def purge_kept(ask: Ask, pk: int) -> Operation:
    """The same for the chore that looks after what is kept. Raises Missing where it is gone by now."""
    database = Database.objects.select_related("site__server").filter(pk=pk).first()
    if database is None:
        raise Missing(f"The database {pk} is gone already.")
    return purge_database(ask, database)


PURGES[Kept.Kind.DATABASE] = purge_kept
