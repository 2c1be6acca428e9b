"""Database Lifecycle / 3. Database Deletion: first aside, where it can be taken back from, then for good."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from apps.databases.models import Database
from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.models import Kept

Status = Database.Status


def kept_of(database: Database) -> QuerySet[Kept]:
    """The row that says until when it may be taken back, or none."""
    return Kept.objects.filter(kind=Kept.Kind.DATABASE, place=database.name)


class LockDatabase(Step):
    """Shut its account, with the connections that are open. The tables stay where they are."""

    key = "database-lock"

    def plan(self, run: Run) -> str:
        return f"Lock the account {run.record(Database)} and close its connections"

    def do(self, run: Run) -> None:
        database = run.record(Database)
        _set(database, Status.DELETING)
        run.host.mysql.lock(database.name)

    def undo(self, run: Run) -> None:
        database = run.find(Database)
        if database is not None:
            run.host.mysql.unlock(database.name)
            _set(database, Status.ACTIVE)


class KeepDatabase(Step):
    key = "database-keep"

    def plan(self, run: Run) -> str:
        return f"Keep {run.record(Database)} for {settings.UNDO_DAYS} days, in which it may be taken back"

    def do(self, run: Run) -> None:
        database = run.record(Database)
        told = {
            "server": database.site.server,
            "subject_id": database.pk,
            "bytes": run.host.schemas.size(database.name).bytes,
            "label": f"{database} of {database.site.slug}",
            "until": now() + timedelta(days=settings.UNDO_DAYS),
            "operation_id": run.operation.pk,
        }
        with transaction.atomic():
            Kept.objects.get_or_create(kind=Kept.Kind.DATABASE, place=database.name, defaults=told)
            _set(database, Status.DELETED)

    def undo(self, run: Run) -> None:
        database = run.find(Database)
        if database is not None:
            with transaction.atomic():
                kept_of(database).delete()
                _set(database, Status.DELETING)


class UnlockDatabase(Step):
    """Open the account again, with the password that it had."""

    key = "database-unlock"

    def check(self, run: Run) -> None:
        database = run.record(Database)
        if not run.host.mysql.database_exists(database.name) or not run.host.mysql.account_exists(database.name):
            raise Refused(f"MySQL does not have {database} any more, so it cannot come back; restore a backup.")

    def plan(self, run: Run) -> str:
        return f"Open the account {run.record(Database)} again, with the password that it had"

    def do(self, run: Run) -> None:
        run.host.mysql.unlock(run.record(Database).name)

    def undo(self, run: Run) -> None:
        if database := run.find(Database):
            run.host.mysql.lock(database.name)


class DropDatabase(Step):
    """Deletion 1 to 3: the database, then the account with all its grants."""

    key = "database-drop"

    def plan(self, run: Run) -> str:
        return f"Drop the database {run.record(Database)}, then its account with all grants; this is for good"

    def do(self, run: Run) -> None:
        if database := run.find(Database):
            run.host.mysql.drop(database.name)


class ForgetDatabase(Step):
    """Deletion 4."""

    key = "database-record"

    def plan(self, run: Run) -> str:
        return f"Delete the record of {run.record(Database)}"

    def do(self, run: Run) -> None:
        if database := run.find(Database):
            forget(database)


def forget(database: Database) -> None:
    """Delete the record and what says that it is kept."""
    with transaction.atomic():
        kept_of(database).delete()
        database.delete()


def _set(database: Database, status: Status) -> None:
    Database.objects.filter(pk=database.pk).update(status=status)
