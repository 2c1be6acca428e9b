"""A program of several modules as one text: it goes to an interpreter that may read nothing of ours."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

FUTURE = "__future__"


@cache
def one_text(program: Path) -> str:
    """The text of *program*: a file as it is; of a package its ``__main__``, behind each module that it imports.

    The modules stand in one namespace then, so no name is in two of them, and they import one another by
    ``from … import`` alone. The lines are those that stand there: another Python may run them than the panel's.
    """
    if not program.is_dir():
        return program.read_text()
    parts: dict[str, list[str]] = {}
    _gather(program, "__main__", parts)
    return "\n".join([f"from {FUTURE} import annotations", *(text for part in parts.values() for text in part), ""])


def _gather(program: Path, name: str, parts: dict[str, list[str]]) -> None:
    """The statements of the module *name* into *parts*, those of the modules that it needs before them."""
    if name in parts:
        return
    own: list[str] = []
    source = (program / f"{name}.py").read_text()
    lines = source.splitlines()
    for statement in ast.parse(source).body:
        module = (statement.module or "") if isinstance(statement, ast.ImportFrom) else ""
        package, _, imported = module.rpartition(".")
        if package.endswith(f".{program.name}"):
            _gather(program, imported, parts)
        elif module != FUTURE:
            own.append("\n".join(lines[_first(statement) - 1 : statement.end_lineno]))
    parts[name] = own


def _first(statement: ast.stmt) -> int:
    """The number of its first line, which may be a decorator's."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])
