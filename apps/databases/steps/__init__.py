"""Database Lifecycle / 1. Database Creation, as far as a new site needs it."""

from __future__ import annotations

from apps.databases.models import Database
from apps.databases.naming import new_password
from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run


class SealDatabasePassword(Step):
    """The password is sealed and stored before the account exists, so that a crash cannot lose it."""

    key = "database-password"

    def plan(self, run: Run) -> str:
        database = run.find(Database)
        return f"Make and seal a password for the database {database}" if database else "No database was asked for"

    def do(self, run: Run) -> None:
        database = run.find(Database)
        if database is not None and not database.sealed_password:
            database.sealed_password = run.host.vault.seal(new_password())
            database.save(update_fields=["sealed_password"])

    def undo(self, run: Run) -> None:
        """The record goes with the others; until then the password is what the account may still have."""


class CreateDatabase(Step):
    key = "database"

    def check(self, run: Run) -> None:
        database = run.find(Database)
        if database is None:
            return
        if run.host.mysql.database_exists(database.name) or run.host.mysql.account_exists(database.name):
            raise Refused(f"MySQL has a database or an account {database} that is not the panel's; remove it.")

    def plan(self, run: Run) -> str:
        database = run.find(Database)
        if database is None:
            return "No database was asked for"
        return f"Create the MySQL database {database} with an account of its own that may use it alone"

    def do(self, run: Run) -> None:
        database = run.find(Database)
        if database is not None:
            run.host.mysql.create(database.name, run.host.vault.open(database.sealed_password))

    def undo(self, run: Run) -> None:
        database = run.find(Database)
        if database is not None:
            run.host.mysql.drop(database.name)
