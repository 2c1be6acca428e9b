"""The databases of a drill: beside everything, with accounts of their own, and gone when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apps.backups.models import Backup
from apps.backups.steps.loading import load_saved
from apps.backups.steps.opening import opened
from apps.databases.naming import database_name, new_password
from apps.host.errors import Refused
from apps.host.login import Login
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.owner import owner_of


@contextmanager
def proving(run: Run) -> Iterator[None]:
    """What is refused meanwhile is a fault of the backup, and stands in its row from then on."""
    try:
        yield
    except Refused as fault:
        Backup.objects.filter(pk=run.record(Backup).pk).update(fault=f"The drill failed: {fault}", proven_at=None)
        raise


class MakeTrialDatabases(Step):
    """For each that is saved one beside, with an account of its own."""

    key = "drill-databases"

    def plan(self, run: Run) -> str:
        return f"Create {len(saved(run))} databases for the drill alone" if saved(run) else "No database is needed"

    def do(self, run: Run) -> None:
        slug = run.record(Backup).slug
        for name in saved(run):
            beside = run.remember(f"for-{name}", lambda: database_name(run.places.database_prefix(), slug))
            run.host.mysql.create(beside, run.remember_secret(f"login-{name}", new_password))

    def undo(self, run: Run) -> None:
        for key, name in run.memo.items():
            if key.startswith("for-"):
                run.host.mysql.drop(name)


class LoadTrialDatabases(Step):
    """Load each, and count its tables. A second run begins with nothing."""

    key = "drill-load"

    def plan(self, run: Run) -> str:
        return f"Load {', '.join(saved(run)) or 'nothing'} there, and count the tables"

    def do(self, run: Run) -> None:
        with proving(run), opened(run) as archive:
            for name, login in logins(run).items():
                run.host.schemas.empty(login.name, like=login.name)
                load_saved(run, archive, name, login)
                _must_have_all_tables(run, name, login)


def _must_have_all_tables(run: Run, name: str, login: Login) -> None:
    found = run.host.schemas.size(login.name).tables
    wanted = next(one["tables"] for one in run.record(Backup).facts["databases"] if one["name"] == name)
    if found < wanted:
        raise Refused(f"{name} has {found} tables when it is loaded; it had {wanted} when it was saved.")


def saved(run: Run) -> list[str]:
    """The databases in the archive, by the names that they had."""
    return [str(one["name"]) for one in run.record(Backup).facts.get("databases", [])]


def logins(run: Run) -> dict[str, Login]:
    """By the name of what was saved, the database that it is tried in."""
    memo: dict[str, Any] = run.operation.lines.get(key=MakeTrialDatabases.key).memo
    owner = owner_of(run, run.record(Site))
    return {name: Login(memo[f"for-{name}"], run.host.vault.open(memo[f"login-{name}"]), owner) for name in saved(run)}
