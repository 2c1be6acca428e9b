"""A dump in the place of what a database holds, so that there is never half of it.

It is loaded into a database beside, by an account that can reach nothing else: a dump that names the live one (``USE``,
``shop.posts``), or changes its own account's password, changes nothing that is in use. When all of it is there, its
tables take the place of the live ones in one ``RENAME TABLE``, which MariaDB does whole or not at all.

Tables with triggers cannot be renamed from one database to another, and views, routines and events not at all: they
are kept as SQL in the journal, dropped, and loaded again by the site's own account, which owns them then. So a site
that has some may miss them for the tenths of a second that this takes; one without, such as WordPress, misses nothing.

What was there before goes aside, and back if a later step refuses. It is dropped at the end: without its triggers and
views it would be no honest copy, and it would take as much room again for days. The export that comes first is one:
it is whole, packed, everybody can see it, and to import it takes this import back.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from apps.databases.models import Database, Export
from apps.databases.steps.counting import Counter
from apps.databases.steps.export import WriteExport
from apps.databases.steps.room import must_have_room, while_there_is_room
from apps.databases.steps.scratch import beside
from apps.host.packing import unpacked
from apps.host.site_files import Content
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.owner import owner_of


class LookAtDump(Step):
    """Open it once: it is there, it is no link, it is no archive of another kind, and there is room for it."""

    key = "open-dump"

    def plan(self, run: Run) -> str:
        path = run.params["path"]
        return f"Look at private/{path} of the site" if path else "Look at the file that was sent"

    def do(self, run: Run) -> None:
        with dump_of(run) as dump:
            next(unpacked(dump.chunks), b"")
        run.remember("size", lambda: dump.size)
        must_have_room(run, dump.size)


class KeepContent(WriteExport):
    """An export of what is there now. Of nothing, there is none."""

    key = "export-before"

    def do(self, run: Run) -> None:
        if run.host.schemas.size(run.record(Database).name).tables:
            super().do(run)
        elif export := run.find(Export):
            export.delete()


class LoadDump(Step):
    """A second run begins with nothing again."""

    key = "load-dump"

    def plan(self, run: Run) -> str:
        return "Load the dump there; whatever it creates belongs to the account"

    def do(self, run: Run) -> None:
        scratch = beside(run, run.record(Database)).scratch
        run.host.schemas.empty(scratch.name, like=run.record(Database).name)
        with dump_of(run) as dump:
            counter = Counter(run, dump.size, "loaded")
            sql = while_there_is_room(run, unpacked(counter.passing(dump.chunks)))
            run.host.dumps.load(scratch, sql, counter)
        run.host.schemas.must_be_movable(scratch.name)


def dump_of(run: Run) -> AbstractContextManager[Content]:
    """The dump, open: a file of the site's, or one that was sent."""
    site = run.record(Database).site
    if run.params["upload"]:
        return run.host.spool.reading(run.params["upload"])
    return run.host.site_files.reading(owner_of(run, site), site.slug, f"private/{run.params['path']}")
