"""Backup Restore 5, as far as it is done beside: what was saved, in databases that nothing uses yet."""

from __future__ import annotations

from apps.backups.steps.opening import opened
from apps.backups.wanted import FROM
from apps.databases.steps.counting import Counter
from apps.databases.steps.room import while_there_is_room
from apps.databases.steps.scratch import besides, told
from apps.operations.flow import Step
from apps.operations.run import Run


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
                counter = Counter(run, archive.size_of(f"database/{saved}"), f"of {saved} loaded")
                sql = while_there_is_room(run, counter.passing(archive.sql(saved, run.params.get("table", ""))))
                run.host.dumps.load(one.scratch, sql, counter)
            run.host.schemas.must_be_movable(one.scratch.name)
            if table := run.params.get("table"):
                for name in (one.scratch.name, one.database.name):
                    run.host.schemas.must_stand_alone(name, table)
