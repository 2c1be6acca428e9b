"""``./panel database …``"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from typing import IO, ClassVar

from apps.databases import uploads
from apps.databases.acts import DATABASE
from apps.databases.downloads import download
from apps.databases.models import Database, Export
from apps.operations.doors.command import ActVerb, add_ways, verbs_of
from apps.operations.management.asker import ask_of, user_of
from apps.operations.management.base import NounCommand, Usage, Verb
from apps.operations.management.files import chunks_of, new, opened
from apps.operations.management.following import failure_of, follow
from apps.operations.management.output import complain
from apps.operations.models import Operation


class ExportVerb(ActVerb):
    """The act, and with ``--to`` the file at the end of it."""

    noun, act = DATABASE, DATABASE.act("export")
    name, help, example = act.verb, act.help, act.example

    def arguments(self, parser: ArgumentParser) -> None:
        super().arguments(parser)
        parser.add_argument("--to", metavar="F", help="then copy it to this new file, a .sql.gz; - is stdout")

    def run(self, options: Namespace) -> int | None:
        if options.to is None or options.dry_run:
            return super().run(options)
        if options.wait is False:
            raise Usage("--to is filled at the end; leave --no-wait out.")
        database = DATABASE.find(user_of(options), options.subject)
        with ExitStack() as stack:
            file = sys.stdout.buffer if options.to == "-" else stack.enter_context(new(options.to))
            return _export_to(file, options, database)


class ImportVerb(ActVerb):
    """The act, from a file of this terminal's machine or of the site's."""

    noun, act = DATABASE, DATABASE.act("import")
    name, help, example = act.verb, act.help, act.example

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", metavar="DATABASE", help="the database: its name, or its id")
        parser.add_argument("file", nargs="?", metavar="FILE", help="a dump, .sql or .sql.gz; - is stdin")
        parser.add_argument("--path", metavar="P", help="instead: a dump in the site's private folder")
        parser.add_argument("--no-keep", dest="keep", action="store_const", const=False, help="export nothing before")
        parser.add_argument("--keep", dest="keep", action="store_const", const=True, help="export what there is before")
        add_ways(parser)

    def run(self, options: Namespace) -> int | None:
        if (options.file is None) == (options.path is None):
            raise Usage("Say which dump: a FILE, or with --path one in the site's private folder.")
        if options.file is None:
            return super().run(options)
        if options.dry_run:
            raise Usage("--dry-run sends no file; it goes with --path.")
        database = DATABASE.find(user_of(options), options.subject)
        keep = True if options.keep is None else options.keep
        ask = ask_of(options, action="database.import", subject=database.pk, file=options.file, keep=keep)
        with ExitStack() as stack:
            file = sys.stdin.buffer if options.file == "-" else stack.enter_context(opened(options.file))
            operation = uploads.import_sent(ask, database, chunks_of(file), keep=keep)
        return self._carry_out(options, operation)


OWN: dict[str, type[Verb]] = {"export": ExportVerb, "import": ImportVerb}


class Command(NounCommand):
    help = "Databases of sites: create, list, show, and every act of their lifecycle."
    verbs: ClassVar = tuple(OWN.get(verb.name, verb) for verb in verbs_of(DATABASE))


def _export_to(file: IO[bytes], options: Namespace, database: Database) -> int | None:
    ask = ask_of(options, action="database.export", subject=database.pk)
    operation = follow(DATABASE.act("export").entry(ask, database))
    if operation.status != Operation.Status.DONE:
        complain(failure_of(operation))
        return 1
    export = Export.objects.get(pk=operation.params["export_id"])
    for piece in download(ask, export):
        file.write(piece)
    complain(f"{export.bytes} bytes of {database} are written; the site keeps them as {export.path} for a while.")
    return None
