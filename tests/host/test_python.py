from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from apps.host import python
from apps.host.code import readable_copy
from apps.host.errors import CommandFailed, Refused
from apps.host.python import Python, choose, environment, is_complete, make_environment

LOCK = "one==1.0 \\\n    --hash=sha256:00\ntwo==2.0 \\\n    --hash=sha256:11\n"


@pytest.fixture
def base() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fpt-py-", dir="/var/tmp"))
    folder.chmod(0o755)
    (folder / "lock").write_text(LOCK)
    yield folder
    shutil.rmtree(folder)


def interpreter(path: Path, version: str = "3\n12", prefix: Path = Path("/usr")) -> Path:
    """A program that tells about itself what an interpreter tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nprintf '%s\\n' '{version}' {path} {prefix}\n")
    path.chmod(0o755)
    return path


def test_the_one_that_is_set_is_used_and_nothing_else(base: Path) -> None:
    named = interpreter(base / "python")
    assert choose({"FRANKENPANEL_PYTHON": str(named), "PATH": "/usr/bin"}).program == named
    interpreter(named, "3\n10")
    with pytest.raises(Refused, match=f"FRANKENPANEL_PYTHON={named} is or has no Python from 3.11 on"):
        choose({"FRANKENPANEL_PYTHON": str(named), "PATH": "/usr/bin"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's sites run as other users")
def test_root_takes_none_that_other_users_cannot_run(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where pyenv lies in root's own home."""
    own = interpreter(base / "closed" / "python3")
    (base / "closed").chmod(0o700)
    shared = interpreter(base / "bin" / "python3.12")
    monkeypatch.setattr(sys, "executable", str(own))
    monkeypatch.setattr(python, "DEBIAN", "/nonexistent")
    assert choose({"PATH": str(shared.parent)}).program == shared
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert choose({"PATH": str(shared.parent)}).program == own


def test_only_debians_own_interpreter_needs_debians_packages() -> None:
    assert Python(Path("/usr/bin/python3"), (3, 11), shared=True).packages() == ["python3.11-venv", "python3.11-dev"]
    assert Python(Path("/opt/python/bin/python3"), (3, 12), shared=True).packages() == []


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In place of venv and pip; returns what they were asked for."""
    asked: list[str] = []

    def follow(argv: Sequence[str], on_line: Callable[[str], None], **_: Any) -> None:
        asked.append(argv[2])
        if argv[2] == "venv":
            Path(argv[-1]).mkdir(parents=True)
        else:
            assert "--require-hashes" in argv and not (Path(argv[0]).parents[1] / "complete").exists()

    monkeypatch.setattr(python, "follow", follow)
    return asked


def test_an_environment_is_made_once_for_a_lock_and_an_interpreter(base: Path, pip: list[str]) -> None:
    one = Python(Path("/usr/bin/python3"), (3, 11), shared=True)
    venv = environment(base, one, base / "lock")
    for _ in range(2):
        make_environment(venv, one, base / "lock", {}, lambda line: None)
    assert pip == ["venv", "pip"]
    assert is_complete(venv)
    assert environment(base, Python(one.program, (3, 12), shared=True), base / "lock") != venv
    (base / "lock").write_text(LOCK + "three==3.0\n")
    assert environment(base, one, base / "lock") != venv


def test_one_that_was_broken_off_is_made_anew(base: Path, pip: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    one = Python(Path("/usr/bin/python3"), (3, 11), shared=True)
    venv = environment(base, one, base / "lock")
    (venv / "half").mkdir(parents=True)

    def breaks(argv: Sequence[str], on_line: Callable[[str], None], **_: Any) -> None:
        Path(venv).mkdir(exist_ok=True)
        if argv[2] == "pip":
            raise CommandFailed("pip", 1, "no route to host")

    with monkeypatch.context() as broken:
        broken.setattr(python, "follow", breaks)
        with pytest.raises(CommandFailed):
            make_environment(venv, one, base / "lock", {}, lambda line: None)
    assert not is_complete(venv) and not (venv / "half").exists()
    make_environment(venv, one, base / "lock", {}, lambda line: None)
    assert is_complete(venv)


def test_two_that_need_it_at_once_make_it_once(base: Path, pip: list[str]) -> None:
    one = Python(Path("/usr/bin/python3"), (3, 11), shared=True)
    venv = environment(base, one, base / "lock")

    def make() -> None:
        make_environment(venv, one, base / "lock", {}, lambda line: None)

    both = [threading.Thread(target=make) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert pip == ["venv", "pip"]


def test_a_copy_of_the_code_is_readable_and_has_neither_history_nor_root_in_it(base: Path) -> None:
    for file in ("apps/a.py", "apps/__pycache__/a.pyc", "var/keys/fernet", ".git/config", ".ruff.toml", "manage.py"):
        (base / "code" / file).parent.mkdir(parents=True, exist_ok=True)
        (base / "code" / file).write_text(file)
    for _ in range(2):
        copy = readable_copy(base / "code", base / "copy")
    found = sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file())
    assert found == [".ruff.toml", "apps/a.py", "manage.py"]
    assert copy.stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in base.iterdir()) == ["code", "copy", "lock"]
