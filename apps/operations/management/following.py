"""Following an operation on a terminal: its steps as they happen, on stderr."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Iterator

from django.utils.timezone import now
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from apps.operations.management.output import clean, complain
from apps.operations.models import Operation
from apps.operations.refusals import Refusal
from apps.operations.shown import ShownStep, steps_of
from apps.operations.watch import watch

MARKS = {"todo": "·", "running": "▸", "again": "…", "done": "✓", "undone": "↩", "failed": "✗"}
STYLES = {"todo": "dim", "running": "bold", "again": "yellow", "done": "green", "undone": "dim", "failed": "red"}
QUIET = 5.0
"""Seconds after which somebody should have taken an operation."""


class BrokenOff(Refusal):
    """Whoever watched has turned away. The operation has not."""

    code, status, exit = "broken-off", 499, 130


def add_wait(parser: ArgumentParser) -> None:
    parser.add_argument("--wait", action=BooleanOptionalAction, help="wait for the end; without either: on a terminal")


def shall_wait(options: Namespace) -> bool:
    return sys.stdout.isatty() if options.wait is None else bool(options.wait)


def follow(operation: Operation) -> Operation:
    """Show the steps of *operation* until it has ended, and return it as it then is."""
    try:
        return _draw(operation.pk) if sys.stderr.isatty() else _write(operation.pk)
    except KeyboardInterrupt as stop:
        pk = operation.pk
        raise BrokenOff(f"Operation {pk} goes on: ./panel operation watch {pk} shows it again.") from stop


def failure_of(operation: Operation) -> str:
    """Why an operation that has ended is not done, in words."""
    if operation.status == Operation.Status.STUCK:
        left = "; ".join(step.error for step in steps_of(operation) if step.error)
        again = f"./panel operation resume {operation.pk} tries again."
        return f"{operation.error} Taking it back failed too: {left} {again}"
    return operation.error or f"Operation {operation.pk} is {operation.status}."


def _draw(pk: int) -> Operation:
    with Live(console=Console(stderr=True), auto_refresh=False) as live:
        for operation in watch(pk):
            live.update(_picture(operation), refresh=True)
    return operation


def _picture(operation: Operation) -> Group:
    table = Table.grid(padding=(0, 2))
    for step in steps_of(operation):
        mark = Text(MARKS[step.status], style=STYLES[step.status])
        table.add_row(mark, Text(step.name), Text(_time(step), style="dim"), Text(_detail(step)))
    return Group(table, Text(_below(operation), style="yellow"))


def _write(pk: int) -> Operation:
    """One line for each step that ends, for a log."""
    told: set[tuple[str, str]] = set()
    below = ""
    for operation in watch(pk):
        for step in _news(operation, told):
            complain(f"{step.number} {step.name}: {step.status} {_time(step)} {step.error}".rstrip())
        if (text := _below(operation)) and text != below:
            below = text
            complain(text)
    return operation


def _news(operation: Operation, told: set[tuple[str, str]]) -> Iterator[ShownStep]:
    for step in steps_of(operation):
        if step.status in ("done", "undone", "failed") and (step.key, step.status) not in told:
            told.add((step.key, step.status))
            yield step


def _time(step: ShownStep) -> str:
    return "" if step.seconds is None else f"{step.seconds:.2f} s"


def _detail(step: ShownStep) -> str:
    part = f"{step.done * 100 // step.total} % " if step.total and step.status == "running" else ""
    return clean(part + (step.error or step.note or (step.text if part else ""))).replace("\n", " ")


def _below(operation: Operation) -> str:
    if operation.reason:
        return clean(operation.reason)
    untouched = operation.started_at is None and operation.status == Operation.Status.PENDING
    if untouched and (now() - operation.created_at).total_seconds() > QUIET:
        return "No runner has taken this yet. See whether one runs: ./panel status"
    return "Another operation is at work on this; it waits in line." if operation.status == "waiting" else ""
