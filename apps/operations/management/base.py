"""The command line's grammar: ``./panel NOUN VERB …``, errors as one sentence, stable exit codes.

0 done · 1 failed · 2 usage or invalid · 3 not found · 4 exists · 8 limit · 10 forbidden · 14 busy · 15 no connection ·
17 database · 130 broken off.
"""

from __future__ import annotations

import io
import sys
from abc import ABC, abstractmethod
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from apps.operations.management.output import FORMATS, clean, complain
from apps.operations.refusals import Refusal
from apps.operations.telling import Fault, refusal_of

BROKEN_OFF = 130


class Usage(Refusal):
    """The words on the command line do not make a command."""

    code, status, exit = "usage", 400, 2


class Parser(CommandParser):
    """argparse, with its complaints as a Usage."""

    def error(self, message: str) -> NoReturn:
        raise Usage(f"{message[:1].upper()}{message[1:].rstrip('.')}. See {self.prog} --help.")


class Verb(ABC):
    """One thing that can be done with a noun."""

    name: ClassVar[str]
    help: ClassVar[str]
    example: ClassVar[str]

    def arguments(self, parser: ArgumentParser) -> None:  # noqa: B027 - most verbs take nothing more
        """Declare what it takes."""

    @abstractmethod
    def run(self, options: Namespace) -> int | None:
        """Do it. Returns an exit code, None for 0; raises a Refusal."""


class NounCommand(BaseCommand):
    """A noun: ``manage.py`` finds it by its module's name."""

    requires_system_checks = []
    verbs: ClassVar[tuple[type[Verb], ...]]

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        try:
            sys.exit(self.main(argv[1], argv[2:]))
        finally:
            connections.close_all()

    def handle(self, *args: str, **options: Any) -> NoReturn:
        raise NotImplementedError("run_from_argv does not come here")

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        noun = Parser(prog=f"./panel {subcommand}", description=self.help, allow_abbrev=False)
        verbs = noun.add_subparsers(title="verbs", metavar="VERB", required=True)
        for kind in self.verbs:
            _add(verbs, kind())
        return noun

    def main(self, noun: str, arguments: Sequence[str]) -> int:
        """Run one command and return its exit code. Whatever goes wrong ends as one sentence on stderr."""
        _never_fail_to_print()
        try:
            _refuse_broken_text(arguments)
            options = self.create_parser("", noun).parse_args(arguments)
            verb: Verb = options.verb
            return verb.run(options) or 0
        except BrokenPipeError:  # whoever read our output has seen enough
            sys.stdout = io.StringIO()
            return 1
        except KeyboardInterrupt:
            complain("Broken off.")
            return BROKEN_OFF
        except Exception as error:  # noqa: BLE001 - the outermost frame of a program for people
            return tell(error)


def _add(verbs: Any, verb: Verb) -> None:
    parser = verbs.add_parser(
        verb.name,
        help=verb.help,
        description=verb.help,
        epilog=f"example:\n  {verb.example}",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verb.arguments(parser)
    parser.add_argument("--format", choices=FORMATS, help="table on a terminal, else plain")
    parser.add_argument("--as", dest="user", metavar="USER", help="act as this user instead of “console”")
    parser.set_defaults(verb=verb)


def tell(error: Exception) -> int:
    """Say what *error* is in a sentence, and return the exit code that stands for it."""
    refusal = refusal_of(error)
    if isinstance(refusal, Fault):
        if settings.DEBUG:
            raise error
        name = type(error).__name__
        complain(f"The panel has a fault here ({name}). FRANKENPANEL_DEBUG=yes shows where: please report it.")
    else:
        complain(str(refusal))
    return refusal.exit


def _refuse_broken_text(arguments: Sequence[str]) -> None:
    for argument in arguments:
        if not argument.isascii() and argument.encode(errors="replace").decode() != argument:
            raise Usage(f"{clean(ascii(argument))} is not valid UTF-8; type it again.")


def _never_fail_to_print() -> None:
    """A terminal that cannot show a letter shows its number instead."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
