"""``./panel backup …``"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from typing import ClassVar

from apps.backups import uploads
from apps.backups.acts import BACKUP
from apps.operations.asking import Ask
from apps.operations.doors.command import ActVerb, add_ways, read, verbs_of
from apps.operations.doors.table import Noun
from apps.operations.management.asker import ask_of, user_of
from apps.operations.management.base import NounCommand, Usage, Verb
from apps.operations.management.files import chunks_of, opened
from apps.operations.models import Operation
from apps.sites.models import Site


class ImportVerb(ActVerb):
    """The act, from files of this terminal's machine or of the site's."""

    noun, act = BACKUP, BACKUP.act("import")
    name, help, example = act.verb, act.help, act.example

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", metavar="SITE", help="the site: its slug, or its id")
        parser.add_argument("file", nargs="?", metavar="FILE", help="a .tar.gz.age, .tar.gz or .zip; - is stdin")
        parser.add_argument("--dump-file", metavar="F", help="a dump that is not in it, .sql or .sql.gz")
        parser.add_argument("--path", metavar="P", help="instead: an archive in the site's private folder")
        parser.add_argument("--dump", metavar="P", help="instead: a dump in the site's private folder")
        parser.add_argument("--identity-file", metavar="F", help="the key that it was locked for; - is stdin")
        parser.add_argument("--label", metavar="X", help="what it is for, in your words")
        parser.set_defaults(upload=None, dump_upload=None)
        add_ways(parser)

    def run(self, options: Namespace) -> int | None:
        if (options.file is None) == (options.path is None):
            raise Usage("Say which archive: a FILE, or with --path one in the site's private folder.")
        if (options.file is None and options.dump_file) or (options.file is not None and options.dump):
            raise Usage("Archive and dump come from one place: FILE with --dump-file, or --path with --dump.")
        if options.file is None:
            return super().run(options)
        if options.dry_run:
            raise Usage("--dry-run sends no file; it goes with --path.")
        site: Site = Noun.REGISTERED["site"].find(user_of(options), options.subject)
        ask = ask_of(options, action="backup.import", subject=site.pk, file=options.file)
        return self._carry_out(options, self._sent(ask, site, options))

    def _sent(self, ask: Ask, site: Site, options: Namespace) -> Operation:
        identity = next(read(options, field) for field in self.act.fields if field.name == "identity")
        with ExitStack() as stack:
            file = sys.stdin.buffer if options.file == "-" else stack.enter_context(opened(options.file))
            dump = stack.enter_context(opened(options.dump_file)) if options.dump_file else None
            dump_upload = uploads.take(ask, site, chunks_of(dump)) if dump else ""
            words = uploads.Words(options.label or "", identity or "", dump_upload)
            return uploads.import_sent(ask, site, chunks_of(file), words=words)


OWN: dict[str, type[Verb]] = {"import": ImportVerb}


class Command(NounCommand):
    help = "Backups of sites: create, list, show, and every act of their lifecycle."
    verbs: ClassVar = tuple(OWN.get(verb.name, verb) for verb in verbs_of(BACKUP))
