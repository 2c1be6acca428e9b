"""``./panel test``: every check of the code, the fast tests on the other Pythons, and all tests on this one.

Those about what the records and the broker must not matter to run twice: on SQLite, and after that on PostgreSQL with
Redis. A test mostly waits for servers, so each run is shared out among two processes; more make some wait too long. On
the other Pythons, and on the second backend, a test with many values runs with a share of them: they differ in nothing
that either could tell.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from apps.host.command import follow, interrupt
from apps.host.errors import CommandFailed, HostError
from apps.host.python import Python, environment, examined, make_environment
from apps.servers.local.workplace import workplace

Say = Callable[[str], None]
LOCK = ".requirements-dev.txt"
OTHERS = ((3, 12), (3, 13))
"""Beside the one that runs this: the lock holds for them too."""
SERVERS = {"TESTS_ON": "postgresql"}
SHARE = {"TESTS_SHARE": "4"}
AT_ONCE = 2
"""Checks that run beside each other."""
SIDE_BY_SIDE = ("-n", "2", "--dist", "worksteal")
"""A run of all tests is shared out among two processes, each with a root, ports and servers of its own."""
PYENV = "~/.pyenv/versions/*/bin/python3"


@dataclass(frozen=True)
class Check:
    """A program that must end with 0. What it prints is shown as it comes when *loud*, else only when it fails.

    *whole*: it is shown at the end, whatever comes of it: two that are shown as they come would be read by nobody.
    """

    name: str
    argv: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)
    loud: bool = False
    whole: bool = False


def run_all(code: Path, cache: Path, pytest_arguments: Sequence[str], say: Say) -> int:
    """Run them, all of them whatever happens. Returns the exit code."""
    with workplace(code, cache, say) as place:
        quiet, loud = [*_static(cache), *_other_pythons(place, cache, say)], _tests(pytest_arguments)
        passed = [*_side_by_side(quiet, place, say), *(run(check, place, say) for check in loud)]
    failed = [check.name for check, well in zip([*quiet, *loud], passed, strict=True) if not well]
    if failed:
        say(f"\nFailed: {', '.join(failed)}.")
    return 1 if failed else 0


def _side_by_side(checks: Sequence[Check], place: Path, say: Say) -> list[bool]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            return list(pool.map(lambda check: run(check, place, say), checks))
        except KeyboardInterrupt:
            interrupt()  # the pool waits for them
            raise


def run(check: Check, place: Path, say: Say) -> bool:
    """Run one, say how long it took, and return whether it passed."""
    printed: list[str] = []
    began = monotonic()
    env = {**os.environ, "FRANKENPANEL_ROOT": str(place / "var" / "checks"), "PYTHONDONTWRITEBYTECODE": "1"}
    if check.loud:
        say(f"\n{check.name}:")
    try:
        follow(check.argv, say if check.loud else printed.append, env={**env, **check.env}, cwd=place)
        passed = True
    except CommandFailed:
        passed = False
    if not check.loud:
        told = f"{'ok    ' if passed else 'FAILED'} {monotonic() - began:6.1f} s  {check.name}"
        say("\n    ".join([told, *([] if passed and not check.whole else printed)]))
    return passed


def _static(cache: Path) -> list[Check]:
    bin_folder, manage = Path(sys.executable).parent, [sys.executable, "manage.py"]
    unknown = {"SECRET_KEY": os.urandom(40).hex(), "FRANKENPANEL_REQUIRE_2FA": "yes"}
    return [
        Check("ruff", [bin_folder / "ruff", "check", "--cache-dir", cache / "checks" / "ruff", ".", "panel"]),
        Check("mypy", [bin_folder / "mypy", "--cache-dir", cache / "checks" / "mypy", "frankenpanel", "apps", "tests"]),
        Check("import-linter", [bin_folder / "lint-imports", "--no-cache"]),
        Check("djlint", [bin_folder / "djlint", "--lint", "templates"]),
        Check("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check("deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"], unknown),
    ]


def _tests(arguments: Sequence[str]) -> list[Check]:
    """Those that *arguments* choose run once, on what TESTS_ON says."""
    name, argv = f"tests on Python {sys.version.split()[0]}", [sys.executable, "-m", "pytest", *arguments]
    if arguments:
        return [Check(name, argv, loud=True)]
    argv = [*argv, *SIDE_BY_SIDE]
    twice = Check(f"{name}, on PostgreSQL and Redis", [*argv, "-m", "backend"], {**SERVERS, **SHARE}, whole=True)
    return [Check(name, argv, loud=True), twice]


def _other_pythons(place: Path, cache: Path, say: Say) -> Iterator[Check]:
    """The tests that need no servers, on each other Python of this machine that the lock holds for."""
    for python in other_pythons(os.environ):
        venv = environment(cache, python, place / LOCK)
        try:
            make_environment(venv, python, place / LOCK, os.environ, say)
        except HostError as error:
            say(f"Python {python.name}: {error}")
        fast: list[str | Path] = [venv / "bin" / "python", "-m", "pytest", "-q", "-m", "not host"]
        yield Check(f"fast tests on Python {python.name}", fast, SHARE)


def other_pythons(env: Mapping[str, str]) -> list[Python]:
    """One for each version, from PATH or pyenv."""
    home = Path(PYENV).expanduser()
    kept = sorted(map(str, Path(home.anchor).glob(str(home.relative_to(home.anchor)))))
    names = [f"python{major}.{minor}" for major, minor in OTHERS]
    found = {python.version: python for python in examined([*kept, *names], env)}
    return [found[version] for version in OTHERS if version in found and version != sys.version_info[:2]]
