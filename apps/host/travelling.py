"""A program of several modules as one text: it goes to an interpreter that may read nothing of ours."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

FUTURE, FOR_TYPES = "__future__", "TYPE_CHECKING"
OURS = Path(__file__).parents[2]


@cache
def one_text(program: Path) -> str:
    """The text of *program*, a file or a package's ``__main__``, behind each module of ours that it imports.

    The modules stand in one namespace then, so no name is in two of them, and they import one another by
    ``from … import`` alone. The lines are those that stand there: another Python may run them than the panel's.
    What only a type checker reads stays behind: its imports cost milliseconds at each start.
    """
    parts: dict[Path, list[str]] = {}
    _gather(program / "__main__.py" if program.is_dir() else program, parts)
    return "\n".join([f"from {FUTURE} import annotations", *(text for part in parts.values() for text in part), ""])


def _gather(file: Path, parts: dict[Path, list[str]]) -> None:
    """The statements of the module in *file* into *parts*, those of the modules that it needs before them."""
    if file in parts:
        return
    own: list[str] = []
    source = file.read_text()
    lines = source.splitlines()
    for statement in ast.parse(source).body:
        module = (statement.module or "") if isinstance(statement, ast.ImportFrom) else ""
        if module and (needed := OURS.joinpath(*module.split(".")).with_suffix(".py")).exists():
            _gather(needed, parts)
        elif module != FUTURE and not _is_for_types(statement):
            own.append("\n".join(lines[_first(statement) - 1 : statement.end_lineno]))
    parts[file] = own


def _is_for_types(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.If):
        return isinstance(statement.test, ast.Name) and statement.test.id == FOR_TYPES
    return isinstance(statement, ast.ImportFrom) and [name.name for name in statement.names] == [FOR_TYPES]


def _first(statement: ast.stmt) -> int:
    """The number of its first line, which may be a decorator's."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])
