"""What is where, and how long it is."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP = {"manage.py", "frankenpanel", "apps", "templates", "static", "requirements.txt", "tests", "systemd"}
TOP |= {"README.md", "LICENSE", "panel"}
NEVER = re.compile(r"\b(TODO:|FIXME|XXX)|except\s*:|shell\s*=\s*True")


def sources() -> list[Path]:
    """The panel's own Python: no tests, no migrations, no empty files."""
    files = [*(ROOT / "apps").rglob("*.py"), *(ROOT / "frankenpanel").rglob("*.py")]
    return [file for file in files if "migrations" not in file.parts and file.read_text().strip()]


def share(values: list[int], limit: int) -> float:
    return sum(value <= limit for value in values) / len(values)


def functions() -> list[int]:
    trees = [ast.parse(file.read_text()) for file in sources()]
    found = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in found]


def test_the_top_level_is_what_the_design_says() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("a copy without its repository cannot tell what is tracked")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    visible = {name.split("/")[0] for name in tracked.splitlines() if not name.startswith(".")}
    assert visible == TOP


def test_files_and_functions_are_short() -> None:
    files = [len(file.read_text().splitlines()) for file in sources()]
    assert statistics.median(files) <= 60
    assert share(files, 200) >= 0.9
    assert statistics.median(functions()) <= 8
    assert share(functions(), 25) >= 0.9


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_over_the_limit_says_why(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert len(lines) <= 220 or "because" in lines[0]
    assert file.name != "utils.py"
    assert not NEVER.search(file.read_text())


def test_the_readme_names_only_what_is_there() -> None:
    named = re.findall(r"`([a-z_]+/[\w/.-]*)`", (ROOT / "README.md").read_text())
    missing = [name for name in named if not any((ROOT / base / name).exists() for base in ("", "apps", "tests"))]
    assert [name for name in missing if not name.startswith(("sites/<", "lifecycle/", "operations/", "bench/"))] == []
