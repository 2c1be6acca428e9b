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
    ``from … import`` alone. Comments stay at home.
    """
    if not program.is_dir():
        return program.read_text()
    parts: dict[str, list[ast.stmt]] = {}
    _gather(program, "__main__", parts)
    body = [statement for part in parts.values() for statement in part]
    return f"from {FUTURE} import annotations\n{ast.unparse(ast.Module(body, []))}\n"


def _gather(program: Path, name: str, parts: dict[str, list[ast.stmt]]) -> None:
    """The statements of the module *name* into *parts*, those of the modules that it needs before them."""
    if name in parts:
        return
    own: list[ast.stmt] = []
    for statement in ast.parse((program / f"{name}.py").read_text()).body:
        module = (statement.module or "") if isinstance(statement, ast.ImportFrom) else ""
        package, _, imported = module.rpartition(".")
        if package.endswith(f".{program.name}"):
            _gather(program, imported, parts)
        elif module != FUTURE:
            own.append(statement)
    parts[name] = own
