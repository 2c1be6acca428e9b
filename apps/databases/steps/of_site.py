"""All databases of a site that is deleted, taken back or purged. One that was deleted before stays so."""

from __future__ import annotations

from apps.databases.models import Database
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.models import Kept
from apps.sites.models import Site

Status = Database.Status


class LockDatabases(Step):
    """The accounts are shut, open connections too. The tables stay where they are."""

    key = "databases-lock"

    def plan(self, run: Run) -> str:
        return f"Lock the accounts of {_told(_open(run))}"

    def do(self, run: Run) -> None:
        for name in _open(run):
            run.host.mysql.lock(name)

    def undo(self, run: Run) -> None:
        for name in _open(run):
            run.host.mysql.unlock(name)


class UnlockDatabases(Step):
    """The accounts are open again, with the passwords that they had."""

    key = "databases-unlock"

    def plan(self, run: Run) -> str:
        return f"Open the accounts of {_told(_open(run))} again, with the passwords that they had"

    def do(self, run: Run) -> None:
        for name in _open(run):
            run.host.mysql.unlock(name)

    def undo(self, run: Run) -> None:
        for name in _open(run):
            run.host.mysql.lock(name)


class DropDatabases(Step):
    """Seed, Site Deletion 4: each database with its account and all grants; those that were deleted before, too."""

    key = "databases-drop"

    def plan(self, run: Run) -> str:
        return f"Drop {_told(_names(run))}, with accounts and grants; this is for good"

    def do(self, run: Run) -> None:
        for name in _names(run):
            run.host.mysql.drop(name)
            Kept.objects.filter(kind=Kept.Kind.DATABASE, place=name).delete()


def _names(run: Run) -> list[str]:
    return list(Database.objects.filter(site=run.record(Site)).values_list("name", flat=True))


def _open(run: Run) -> list[str]:
    """Those that are no other deletion's."""
    ours = Database.objects.filter(site=run.record(Site), status=Status.ACTIVE)
    return list(ours.values_list("name", flat=True))


def _told(names: list[str]) -> str:
    return f"the databases {', '.join(names)}" if names else "no database, for the site has none"
