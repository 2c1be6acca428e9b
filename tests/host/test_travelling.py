"""What runs as a site's user is put together from modules, and needs nothing of ours where it runs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from apps.host import travelling
from apps.host.archive import site_tree, unpacking
from apps.host.as_tenant import TENANT
from apps.host.travelling import one_text

LONGEST_ARGUMENT = 128 * 1024
PROGRAMS = [TENANT, site_tree.PROGRAM, unpacking.PROGRAM]
every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)


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


@every_program
def test_no_name_is_in_two_of_its_modules(program: Path) -> None:
    names = names_of(one_text(program))
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_every_module_of_a_package_is_in_it() -> None:
    names = [name for file in TENANT.glob("*.py") for name in names_of(file.read_text())]
    assert sorted(names_of(one_text(TENANT))) == sorted(names)


@every_program
def test_it_needs_the_standard_library_alone(program: Path) -> None:
    imports = [node for node in ast.walk(ast.parse(one_text(program))) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    assert {module.partition(".")[0] for module in modules} <= sys.stdlib_module_names
    assert len(one_text(program)) < LONGEST_ARGUMENT / 2


def test_a_bare_interpreter_runs_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("found")
    told = [sys.executable, "-I", "-S", "-c", one_text(TENANT), "read", str(tmp_path), "a", "9"]
    assert subprocess.run(told, capture_output=True, check=True, cwd="/").stdout == b"found"


def test_a_program_travels_with_all_that_it_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travelling, "OURS", tmp_path)
    program = tmp_path / "x" / "program"
    program.mkdir(parents=True)
    future = "from __future__ import annotations\n"
    (tmp_path / "x" / "one.py").write_text(f"{future}import os\nONE = os.sep\n")
    (program / "two.py").write_text(f"{future}from x.one import ONE\nTWO = ONE * 2\n")
    types = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from y import Z\n"
    both = f"{types}from x.program.two import TWO\nfrom x.one import ONE\n"
    (program / "__main__.py").write_text(f"{future}{both}print(ONE, TWO)\n")
    for path in (program, program / "__main__.py"):
        said = subprocess.run([sys.executable, "-I", "-S", "-c", one_text(path)], capture_output=True, check=True)
        assert said.stdout == b"/ //\n"
        assert "typing" not in one_text(path)


@pytest.mark.parametrize("file", sorted(TENANT.glob("*.py")), ids=lambda file: file.name)
def test_each_part_is_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) < 200
