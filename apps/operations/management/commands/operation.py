"""``./panel operation …``"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable

from apps.operations import steering, visible
from apps.operations.asking import Ask
from apps.operations.management.asker import ask_of, user_of
from apps.operations.management.base import NounCommand, Verb
from apps.operations.management.following import add_wait, failure_of, follow, shall_wait
from apps.operations.management.output import complain, show_many, show_one
from apps.operations.management.passwords import CredentialsFile, add_file
from apps.operations.models import Operation
from apps.operations.refusals import Missing
from apps.operations.shapes import OperationShape, in_full

LONGEST_ID = 18
LISTED = 50


class OneOperation(Verb):
    """A verb for one operation, named by its id."""

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("operation", metavar="ID", type=_number)

    def find(self, options: Namespace) -> Operation:
        """The operation, if the user may see it."""
        pk = options.operation
        found = in_full(visible.visible_to(user_of(options))).filter(pk=pk).first()
        if found is None:
            raise Missing(f"There is no operation {pk}; ./panel operation list shows those there are.")
        return found


class List(Verb):
    name = "list"
    help = f"List operations, the newest first: the last {LISTED}, or as many as --limit says."
    example = "./panel operation list --status stuck"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--status", choices=Operation.Status.values, help="only these")
        parser.add_argument("--limit", type=_number, default=LISTED, metavar="N")

    def run(self, options: Namespace) -> None:
        found = in_full(visible.visible_to(user_of(options)))
        found = found.filter(status=options.status) if options.status else found
        columns = ("id", "flow", "subject", "status", "asker", "created_at", "error")
        show_many(options, [OperationShape(one).data for one in found[: options.limit]], columns)


class Show(OneOperation):
    name = "show"
    help = "Show an operation and its steps."
    example = "./panel operation show 7 --format json"

    def run(self, options: Namespace) -> None:
        show_one(options, OperationShape(self.find(options)).data)


class Watch(OneOperation):
    name = "watch"
    help = "Follow an operation to its end. The exit code is 0 only if it is done."
    example = "./panel operation watch 7"

    def run(self, options: Namespace) -> int:
        return _end(options, follow(self.find(options)), {Operation.Status.DONE})


class Steer(OneOperation):
    """Cancelling and resuming: both end, if all goes well, in an operation that is undone."""

    def arguments(self, parser: ArgumentParser) -> None:
        super().arguments(parser)
        add_wait(parser)

    def steer(self, options: Namespace, act: Callable[[Ask, Operation], Operation]) -> int | None:
        operation = act(ask_of(options), self.find(options))
        if shall_wait(options):
            return _end(options, follow(operation), {Operation.Status.DONE, Operation.Status.UNDONE})
        show_one(options, OperationShape(operation).data)
        return None


class Cancel(Steer):
    name = "cancel"
    help = "Ask for an operation to go back. It does before its next step."
    example = "./panel operation cancel 7"

    def run(self, options: Namespace) -> int | None:
        return self.steer(options, steering.cancel)


class Resume(Steer):
    name = "resume"
    help = "Try the undoing of a stuck operation again."
    example = "./panel operation resume 7"

    def run(self, options: Namespace) -> int | None:
        return self.steer(options, steering.resume)


class Reveal(OneOperation):
    name = "reveal"
    help = "Read the first password of what an operation installed: once, by whoever asked for it."
    example = "./panel operation reveal 7 --credentials-file rose.txt"

    def arguments(self, parser: ArgumentParser) -> None:
        super().arguments(parser)
        add_file(parser)

    def run(self, options: Namespace) -> None:
        with CredentialsFile(options) as file:
            file.must_be_possible()
            file.keep(ask_of(options), self.find(options))


class Command(NounCommand):
    help = "Operations: what was asked of the machine, and how far it came."
    verbs = (List, Show, Watch, Cancel, Resume, Reveal)


def _end(options: Namespace, operation: Operation, good: set[Operation.Status]) -> int:
    show_one(options, OperationShape(operation).data)
    if operation.status in good:
        return 0
    complain(failure_of(operation))
    return 1


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID):
        raise ArgumentTypeError("write a number")
    return int(text)
