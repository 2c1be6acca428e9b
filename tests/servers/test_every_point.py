"""The summary of the crash loops is written when all went well, and says of which commit it tells."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from apps.servers.local import every_point, workplace

RESULT = """\
import json, os
backend = os.environ.get("TESTS_ON", "sqlite")
with open(os.environ["FP_POINTS"], "a") as file:
    print(json.dumps({"backend": backend, "flow": "toy", "direction": "forward", "points": [[0, "a.b"]]}), file=file)
def test_it():
    assert bool(os.environ.get("FP_POINTS_ONCE")) is %r
    assert backend != %r
"""
AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.com")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", folder, *AUTHOR, *words], check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(workplace, "get_frankenphp", lambda *_: None)
    monkeypatch.delenv("TESTS_ON", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:cacheprovider")
    for folder in ("tests", "code"):
        (tmp_path / "clone" / folder).mkdir(parents=True)
    git(tmp_path / "clone", "init", "--quiet")
    (tmp_path / "clone" / "code" / "one.py").write_text("one = 1\n")
    (tmp_path / "clone" / ".gitignore").write_text("test_toy.py\n__pycache__\n")
    git(tmp_path / "clone", "add", ".")
    git(tmp_path / "clone", "commit", "--quiet", "-m", "One")
    return tmp_path / "clone"


def test_the_commit_is_named_and_whether_the_files_are_others_by_now(clone: Path, tmp_path: Path) -> None:
    name = every_point.commit(clone)
    assert len(name) == 12
    (clone / "tests" / "POINTS.md").write_text("of the last time")
    assert every_point.commit(clone) == name
    (clone / "code" / "one.py").write_text("one = 2\n")
    assert every_point.commit(clone) == f"{name}, with changes that are not committed"
    assert every_point.commit(tmp_path) == "unknown: this is no clone"


@pytest.mark.parametrize(
    ("option", "fails_on", "code"),
    [("--every-point", "", 0), ("--every-point", "postgresql", 1), ("--each-point-once", "", 0)],
)
def test_the_summary_tells_of_both_databases_or_is_not_written(
    clone: Path, monkeypatch: pytest.MonkeyPatch, option: str, fails_on: str, code: int
) -> None:
    said: list[str] = []
    loop = clone / "test_toy.py"
    loop.write_text(RESULT % (option == "--each-point-once", fails_on))
    monkeypatch.setattr(every_point, "LOOPS", str(loop.relative_to(clone)))
    assert every_point.run_points(option, clone, clone, [], said.append) == code, said
    summary = clone / "tests" / "POINTS.md"
    assert summary.exists() is (code == 0)
    if summary.exists():
        assert f"`./panel test {option}` on commit {every_point.commit(clone)}" in summary.read_text()
        assert "| 0 | `a.b` | done | done |" in summary.read_text()
