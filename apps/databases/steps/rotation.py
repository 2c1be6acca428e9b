"""Database Lifecycle / 2. Database Password Rotation: two passwords meanwhile, so that no request fails.

Both stay readable to the end: the new one in the record from before MySQL knows it, the old one in the journal.
"""

from __future__ import annotations

from django.conf import settings

from apps.databases.models import Database
from apps.databases.naming import new_password
from apps.operations.flow import Step
from apps.operations.run import Run

OLD = "old"
"""The memo's key under which the first step keeps the password that was, sealed."""


class Rotating(Step):
    """A step of it. Once no new password is pending there is nothing to take back."""

    def undo(self, run: Run) -> None:
        database = run.find(Database)
        if database is not None and database.sealed_pending:
            self.back(run, database)

    def back(self, run: Run, database: Database) -> None:
        """Take it back: what is not there is already undone."""


class SealNewPassword(Rotating):
    """Rotation 1. Sealed and stored before MySQL hears of it: a crash must not lose it."""

    key = "rotation-seal"

    def plan(self, run: Run) -> str:
        return f"Make a new password for {run.record(Database)} and seal it beside the old one"

    def do(self, run: Run) -> None:
        database = run.record(Database)
        run.remember(OLD, lambda: database.sealed_password)
        if not database.sealed_pending:
            save(database, sealed_pending=run.host.vault.seal(new_password()))

    def back(self, run: Run, database: Database) -> None:
        save(database, sealed_pending="")


class LetBothPasswordsIn(Rotating):
    """Rotation 2 and 3."""

    key = "rotation-both"

    def plan(self, run: Run) -> str:
        return f"Let the account {run.record(Database)} in with the old password and with the new one"

    def do(self, run: Run) -> None:
        run.host.mysql.let_both_in(run.record(Database).name, *old_and_new(run))

    def back(self, run: Run, database: Database) -> None:
        run.host.mysql.let_one_in(database.name, old_and_new(run)[0])


class StoreNewPassword(Rotating):
    """Rotation 4 and 5: from now on the panel tells, and uses, the new one."""

    key = "rotation-record"

    def plan(self, run: Run) -> str:
        return f"Write the new password of {run.record(Database)}, sealed, into its record"

    def do(self, run: Run) -> None:
        database = run.record(Database)
        save(database, sealed_password=database.sealed_pending)

    def back(self, run: Run, database: Database) -> None:
        save(database, sealed_password=_memo(run)[OLD])


class LetNewPasswordInAlone(Rotating):
    """The end of the old password. Pages that had read it have logged in by then.

    PHP looks only every two seconds whether a file that it has compiled was changed; what it reads then is the new one.
    """

    key = "rotation-alone"

    def plan(self, run: Run) -> str:
        seconds, database = settings.ROTATION_SECONDS, run.record(Database)
        return f"After {seconds} s let the account {database} in with the new password alone"

    def do(self, run: Run) -> None:
        if not run.memo.get("settled"):
            run.remember("settled", lambda: 1)
            run.again(settings.ROTATION_SECONDS, "Pages that have read the old password finish.")
        run.host.mysql.let_one_in(run.record(Database).name, old_and_new(run)[1])

    def back(self, run: Run, database: Database) -> None:
        run.host.mysql.let_both_in(database.name, *old_and_new(run))


def forget_old_password(run: Run) -> None:
    """The rotation has ended, either way: nothing needs the other password any more."""
    Database.objects.filter(pk=run.params["database_id"]).update(sealed_pending="")
    run.operation.lines.filter(key=SealNewPassword.key).update(memo={})


def old_and_new(run: Run) -> tuple[str, str]:
    """Both passwords, while there are two."""
    vault, database = run.host.vault, run.record(Database)
    return vault.open(_memo(run)[OLD]), vault.open(database.sealed_pending)


def _memo(run: Run) -> dict[str, str]:
    return dict(run.operation.lines.get(key=SealNewPassword.key).memo)


def save(database: Database, **values: str | None) -> None:
    Database.objects.filter(pk=database.pk).update(**values)
