"""The table as commands: ``./panel site stop rose-sons``. Every noun lists and shows; the rest are its acts."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from apps.operations.doors.table import Act, Field, Look, Noun, confirmed
from apps.operations.management.asker import ask_of, user_of
from apps.operations.management.base import Usage, Verb
from apps.operations.management.following import add_wait, failure_of, follow, shall_wait
from apps.operations.management.output import complain, show_many, show_one
from apps.operations.management.passwords import CredentialsFile, add_file
from apps.operations.models import Operation
from apps.operations.shapes import OperationShape, PlanShape

MOST = 1_000_000
"""Characters of a text that comes from a file."""


class NounVerb(Verb):
    noun: ClassVar[Noun]


class List(NounVerb):
    name = "list"

    def arguments(self, parser: ArgumentParser) -> None:
        add_status(parser, self.noun)
        parser.add_argument("--site", metavar="SLUG", help="only that site's")

    def run(self, options: Namespace) -> None:
        found: Iterable[Any] = self.noun.listed(self.noun.visible_to(user_of(options)), options.status)
        if options.site:
            site = Noun.REGISTERED["site"].find(user_of(options), options.site)
            found = [one for one in found if self.noun.site_of(one) == site]
        show_many(options, [self.noun.shape(one).data for one in found], self.noun.columns)


class Show(NounVerb):
    name = "show"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", metavar=self.noun.name.upper(), help=f"its {self.noun.key}, or its id")

    def run(self, options: Namespace) -> None:
        show_one(options, self.noun.shape(self.noun.find(user_of(options), options.subject)).data)


class ActVerb(NounVerb):
    act: ClassVar[Act]

    def arguments(self, parser: ArgumentParser) -> None:
        of = self.noun.subject(self.act)
        parser.add_argument("subject", metavar=of.name.upper(), help=f"the {of.name}: its {of.key}, or its id")
        for field in self.act.fields:
            _add(parser, field)
        if self.act.confirm:
            parser.add_argument("--yes", action="store_true", help="do not ask for the name to be typed")
        add_ways(parser)

    def run(self, options: Namespace) -> int | None:
        of = self.noun.subject(self.act)
        subject = of.find(user_of(options), options.subject)
        asked = {field.name: value for field in self.act.fields if (value := read(options, field)) is not None}
        ask = ask_of(options, action=f"{self.noun.name}.{self.act.verb}", subject=subject.pk, **asked)
        if options.dry_run:
            show_one(options, PlanShape(self.act.entry.plan(replace(ask, key=""), subject, **asked)).data)
            return None
        if self.act.confirm and not options.yes:
            confirmed(self.act, of.called(subject), _typed(of.called(subject)))
        return self._carry_out(options, self.act.entry(ask, subject, **asked))

    def _carry_out(self, options: Namespace, operation: Operation) -> int | None:
        if shall_wait(options):
            operation = follow(operation)
            if operation.status != Operation.Status.DONE:
                complain(failure_of(operation))
                return 1
        found = self.noun.of(operation, user_of(options))
        shown = {} if found is None else {self.noun.name: self.noun.shape(found).data}
        if shall_wait(options) and shown:
            show_one(options, shown[self.noun.name])
        else:
            show_one(options, {"operation": OperationShape(operation).data, **shown})
        return None


class LookVerb(NounVerb):
    look: ClassVar[Look]

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", metavar=self.noun.name.upper(), help=f"its {self.noun.key}, or its id")
        for field in self.look.fields:
            _add(parser, field)
        if self._is_for_one:
            add_file(parser)

    def run(self, options: Namespace) -> None:
        subject = self.noun.find(user_of(options), options.subject)
        if self._is_for_one:
            self._tell_once(options, subject)
            return
        asked = {field.name: value for field in self.look.fields if (value := read(options, field)) is not None}
        told = self.look.read(ask_of(options, action=f"{self.noun.name}.{self.look.verb}"), subject, **asked)
        if isinstance(told, list):
            show_many(options, told, self.look.columns)
        else:
            show_one(options, told)

    @property
    def _is_for_one(self) -> bool:
        return self.look.told_once and not self.look.opens

    def _tell_once(self, options: Namespace, subject: Any) -> None:
        """On a terminal, or into a file that nobody else reads; not into a pipe, a log or a shell's history."""
        with CredentialsFile(options) as file:
            file.must_be_possible()
            ask = ask_of(options, action=f"{self.noun.name}.{self.look.verb}")
            told = self.look.read(ask, subject)
            written = self.look.as_file(told) if self.look.as_file else ""
            file.put(told, f"What {self.noun.called(subject)} opens with", written)


def verbs_of(noun: Noun) -> tuple[type[Verb], ...]:
    """List, show, and a verb for each act and look."""
    words: dict[type[Any], tuple[str, str]] = {
        List: (f"List the {noun.label.lower()}{_deleted(noun)}.", f"./panel {noun.name} list --format json"),
        Show: (f"Show one {noun.name}.", f"./panel {noun.name} show NAME"),
    }
    read = [_make(kind, noun=noun, help=told, example=example) for kind, (told, example) in words.items()]
    return (*read, *(act_verb(noun, act) for act in noun.acts), *looking_verbs(noun))


def looking_verbs(noun: Noun) -> tuple[type[Verb], ...]:
    return tuple(
        _make(LookVerb, noun=noun, look=look, name=look.verb, help=look.help, example=look.example)
        for look in noun.looks
    )


def act_verb(noun: Noun, act: Act) -> type[Verb]:
    return _make(ActVerb, noun=noun, act=act, name=act.verb, help=act.help, example=act.example)


def add_status(parser: ArgumentParser, noun: Noun) -> None:
    if noun.statuses:
        parser.add_argument("--status", choices=noun.statuses, default="", help="only these")
    else:
        parser.set_defaults(status="")


def add_ways(parser: ArgumentParser) -> None:
    """How an operation may be asked for."""
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and do nothing")
    parser.add_argument("--queue", action="store_true", help="wait in line where something is being changed")
    parser.add_argument("--idempotency-key", metavar="K", help="the same key again gives the same operation")
    add_wait(parser)


def _deleted(noun: Noun) -> str:
    return "; deleted ones with --status deleted" if "deleted" in noun.statuses else ""


def _make(kind: type[Any], **words: Any) -> type[Verb]:
    return type(kind.__name__, (kind,), words)


def _add(parser: ArgumentParser, field: Field) -> None:
    """What is required stands in the line without a name; what is secret or long comes from a file or stdin."""
    option = f"--{field.name.replace('_', '-')}"
    if field.type == "upload":
        parser.set_defaults(**{field.name: None})
    elif field.type == "flag":
        parser.add_argument(option, action=BooleanOptionalAction, help=field.help)
    elif field.comes_from_a_file:
        parser.add_argument(f"{option}-file", metavar="F", required=field.required, help=f"{field.help} - is stdin.")
    else:
        kind = int if field.type == "number" else str
        if field.required:
            parser.add_argument(field.name, metavar=field.name.upper(), type=kind, help=field.help)
        else:
            parser.add_argument(option, metavar="X", type=kind, help=field.help)


def read(options: Namespace, field: Field) -> Any:
    """What was given for *field*; None where nothing was. Raises Usage for a file that is no text."""
    if not field.comes_from_a_file:
        return getattr(options, field.name)
    name = getattr(options, f"{field.name}_file")
    if name is None:
        return None
    text = _text(name)
    return text.rstrip("\n") if field.type == "secret" else text


def _text(name: str) -> str:
    try:
        text = sys.stdin.read(MOST + 1) if name == "-" else Path(name).read_text()[: MOST + 1]
    except (OSError, UnicodeDecodeError) as error:
        raise Usage(f"{name} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.") from error
    if len(text) > MOST:
        raise Usage(f"{name} has more than {MOST} characters; that is no value for this.")
    return text


def _typed(name: str) -> str:
    if not sys.stdin.isatty():
        raise Usage(f"Nobody is there to confirm this: add --yes if you mean {name}.")
    sys.stderr.write(f"Type {name} to go on: ")
    sys.stderr.flush()
    return sys.stdin.readline().rstrip("\n")
