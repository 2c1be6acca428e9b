"""What runs as a site's user is put together from modules, and needs nothing of ours where it runs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from apps.host.as_tenant import TENANT
from apps.host.travelling import one_text

LONGEST_ARGUMENT = 128 * 1024


def names_of(text: str) -> list[str]:
    """What a module defines."""
    found: list[str] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(node.target.id)
    return found


def test_every_module_is_in_it_and_no_name_is_in_two_of_them() -> None:
    names = [name for file in TENANT.glob("*.py") for name in names_of(file.read_text())]
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert sorted(names_of(one_text(TENANT))) == sorted(names)


def test_it_needs_the_standard_library_alone() -> None:
    imports = [node for node in ast.walk(ast.parse(one_text(TENANT))) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    assert {module.partition(".")[0] for module in modules} <= sys.stdlib_module_names
    assert len(one_text(TENANT)) < LONGEST_ARGUMENT / 2


def test_a_bare_interpreter_runs_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("found")
    told = [sys.executable, "-I", "-S", "-c", one_text(TENANT), "read", str(tmp_path), "a", "9"]
    assert subprocess.run(told, capture_output=True, check=True, cwd="/").stdout == b"found"


def test_a_file_travels_as_it_is_and_a_package_with_all_that_it_imports(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.mkdir()
    future = "from __future__ import annotations\n"
    (program / "one.py").write_text(f"{future}import os\nONE = os.sep\n")
    (program / "two.py").write_text(f"{future}from x.program.one import ONE\nTWO = ONE * 2\n")
    both = "from x.program.two import TWO\nfrom x.program.one import ONE\n"
    (program / "__main__.py").write_text(f"{future}{both}print(ONE, TWO)\n")
    said = subprocess.run([sys.executable, "-I", "-S", "-c", one_text(program)], capture_output=True, check=True)
    assert said.stdout == b"/ //\n"
    assert one_text(program / "one.py") == (program / "one.py").read_text()


@pytest.mark.parametrize("file", sorted(TENANT.glob("*.py")), ids=lambda file: file.name)
def test_each_part_is_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) < 200
