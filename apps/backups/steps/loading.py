"""Backup Restore 5, as far as it is done beside: what was saved, in databases that nothing uses yet."""

from __future__ import annotations

from collections.abc import Iterator

from apps.backups.models import Backup
from apps.backups.steps.opening import opened
from apps.backups.wanted import FROM
from apps.databases.steps.counting import Counter
from apps.databases.steps.rewriting import PARAMETER, SECURE
from apps.databases.steps.room import while_there_is_room
from apps.databases.steps.scratch import besides, told
from apps.host.archive.stored_dump import CONNECTIONS, StoredDump, in_shares
from apps.host.errors import Refused
from apps.host.login import Login
from apps.host.opened import Opened
from apps.host.rewriting.addresses import Addresses
from apps.host.rewriting.database import Rewriting
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.owner import kind_of

LARGE = 32 << 20
"""Bytes of SQL from which on a second connection is worth its start."""


def load_saved(run: Run, archive: Opened, saved: str, into: Login, table: str = "") -> None:
    """What *archive* has of the database *saved*, or one *table* of it, as the account of *into*, which is empty."""
    dump = archive.dump(saved)
    if table or not _has_shares(run, dump) or not _loaded_in_shares(run, dump, into):
        counter = _counter(run, dump)
        sql = dump.tables_sql([table]) if table else dump.sql()
        run.host.dumps.load(into, while_there_is_room(run, counter.passing(sql)), counter)


def _has_shares(run: Run, dump: StoredDump) -> bool:
    """In what came from elsewhere, one table's statements may need another's."""
    return dump.size >= LARGE and "report" not in run.record(Backup).facts


def _loaded_in_shares(run: Run, dump: StoredDump, into: Login) -> bool:
    """Over several connections at once. False, and *into* empty again, where it does not come out whole.

    The name of a table can be such that a dump looks as if another table began within it. Loaded as it was written
    it comes out whole even then; and what is wrong with any other dump, that says too.
    """
    counter = _counter(run, dump)

    def shares(*parts: Iterator[bytes]) -> list[Iterator[bytes]]:
        return [while_there_is_room(run, counter.passing_by(part)) for part in parts]

    try:
        for parts in ([dump.sequences_sql()], in_shares(dump, CONNECTIONS), [dump.code_sql()]):
            run.host.dumps.load_at_once(into, shares(*parts), counter)
        is_whole = set(run.host.schemas.tables(into.name)) == dump.holders()
    except Refused:
        is_whole = False
    if not is_whole:
        run.host.schemas.empty(into.name, like=into.name)
    return is_whole


def _counter(run: Run, dump: StoredDump) -> Counter:
    return Counter(run, dump.size, f"of {dump.name} loaded")


class LoadDatabases(Step):
    """Each into the database beside its live one. A second run begins with nothing."""

    key = "restore-load"

    def plan(self, run: Run) -> str:
        if not told(run):
            return "No database is restored"
        table = run.params.get("table")
        return f"Load {f'the table {table}' if table else 'all that is saved'} of {told(run)} there"

    def do(self, run: Run) -> None:
        for one in besides(run):
            saved = run.params[FROM][str(one.database.pk)]
            run.host.schemas.empty(one.scratch.name, like=one.database.name)
            with opened(run) as archive:
                load_saved(run, archive, saved, one.scratch, run.params.get("table", ""))
            run.host.schemas.must_be_movable(one.scratch.name)
            if table := run.params.get("table"):
                for name in (one.scratch.name, one.database.name):
                    run.host.schemas.must_stand_alone(name, table)


class RewriteBeside(Step):
    """The site's address of today in what was saved under another one, while nothing uses it yet. A second run does
    what is left to do."""

    key = "restore-addresses"

    def plan(self, run: Run) -> str:
        asked = run.params.get(PARAMETER)
        if not asked:
            return "Addresses in the database stay as they are"
        told = ", ".join(f"https://{old} to https://{new}" for old, new in asked.items())
        return f"Change {told} in every text there"

    def do(self, run: Run) -> None:
        if not (asked := run.params.get(PARAMETER)):
            return
        configured = run.record(Backup).facts["configured"]
        for one in besides(run):
            if run.params[FROM][str(one.database.pk)] == configured:
                login = run.host.mysql.login(one.scratch.name, one.scratch.password)
                addresses = Addresses(asked, run.params[SECURE])
                rewriting = Rewriting(login, addresses, kind_of(one.database.site).lasting_columns)
                run.note(str(rewriting.rewrite(run.operation.pk, run.progress)))
                rewriting.forget(run.operation.pk)
