"""What a command prints: its result on stdout in one of four forms, everything else on stderr."""

from __future__ import annotations

import csv
import json
import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from apps.host.printable import printable

FORMATS = ("table", "json", "plain", "csv")
Shape = Mapping[str, Any]
NESTED = "steps"
TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d+Z")
WIDE = 1000
"""Columns of what is no terminal: nothing is cut there."""
STEP = ("number", "name", "status", "seconds", "error")
PLANNED = ("number", "sentence")


def form_of(options: Namespace) -> str:
    return options.format or ("table" if sys.stdout.isatty() else "plain")


def show_one(options: Namespace, shape: Shape) -> None:
    """Print one thing: every field, and its steps where it has some; or, of several things, each."""
    form = form_of(options)
    if form == "json":
        _json(shape)
    elif form == "csv":
        show_many(options, [shape], [key for key in shape if key != NESTED])
    elif all(isinstance(value, Mapping) for value in shape.values()):
        for inner in shape.values():
            show_one(options, inner)
    elif form == "table":
        _draw(["", ""], [(key, text_of(value)) for key, value in shape.items() if key != NESTED])
        if NESTED in shape:
            columns = _columns_of(shape[NESTED])
            _draw(columns, [[text_of(step[key]) for key in columns] for step in shape[NESTED]])
    else:
        _tabs([key, text_of(value)] for key, value in shape.items() if key != NESTED)
        steps = shape.get(NESTED, [])
        _tabs(["step", *(text_of(step[key]) for key in _columns_of(steps))] for step in steps)


def show_many(options: Namespace, shapes: Sequence[Shape], columns: Sequence[str]) -> None:
    """Print a list: *columns* of each, or all of it as a bare JSON array."""
    form = form_of(options)
    rows = [[text_of(shape[column]) for column in columns] for shape in shapes]
    if form == "json":
        _json(shapes)
    elif form == "csv":
        csv.writer(sys.stdout).writerows([columns, *rows])
    elif form == "table":
        _draw(columns, rows)
    else:
        _tabs(rows)


def complain(sentence: str) -> None:
    """Say something to the person, beside the result."""
    sys.stderr.write(clean(sentence) + "\n")


def clean(text: str) -> str:
    """*text* without what a terminal would obey: some of it comes from other programs."""
    return printable(text, keep="\n")


def text_of(value: Any) -> str:
    """A value as one line of text: lists with commas, a subject as its kind, id and label."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return " ".join(text_of(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return ", ".join(text_of(inner) for inner in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean(str(value)).replace("\n", " ")


def _columns_of(steps: Sequence[Shape]) -> Sequence[str]:
    return PLANNED if steps and "sentence" in steps[0] else STEP


def _json(shape: Any) -> None:
    only_ascii = (sys.stdout.encoding or "").lower() != "utf-8"
    sys.stdout.write(json.dumps(shape, indent=2, ensure_ascii=only_ascii, default=str) + "\n")


def _tabs(rows: Iterable[Sequence[str]]) -> None:
    sys.stdout.writelines("\t".join(row) + "\n" for row in rows)


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=box.SIMPLE, show_header=any(columns), pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(Text(TIME.sub(r"\1 \2", cell)) for cell in row))
    width = None if sys.stdout.isatty() else WIDE
    Console(markup=False, highlight=False, width=width).print(table)
