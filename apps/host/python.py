"""The interpreter and its packages: one virtual environment for a lock file, kept in the cache.

Standard library only. Another clone with the same lock uses the same environment.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.host.command import PATH, follow, run
from apps.host.errors import HostError, Refused
from apps.host.reach import enterable
from apps.host.runtime.network import network
from apps.host.turns import one_at_a_time

OLDEST = (3, 11)
FACTS = "import sys; print(*sys.version_info[:2], sys._base_executable, sys.base_prefix, sep='\\n')"
DEBIAN = "/usr/bin/python3"
NEWER = ("python3.13", "python3.12", "python3.11")
SHOWN_EVERY = 20
Say = Callable[[str], None]


@dataclass(frozen=True)
class Python:
    """An interpreter. *version* as in (3, 11); *shared*: every user of the machine can run it."""

    program: Path
    version: tuple[int, int]
    shared: bool

    @property
    def name(self) -> str:
        return f"{self.version[0]}.{self.version[1]}"

    def packages(self) -> list[str]:
        """What Debian's own interpreter needs beside itself; others bring it along."""
        debian = self.program.resolve().is_relative_to("/usr/bin")
        return [f"python{self.name}-venv", f"python{self.name}-dev"] if debian else []


def choose(env: Mapping[str, str]) -> Python:
    """FRANKENPANEL_PYTHON, else the one that runs this, else the machine's; for root one that all can run."""
    named = env.get("FRANKENPANEL_PYTHON")
    candidates = [named] if named else [sys.executable, DEBIAN, *NEWER]
    for python in examined(candidates, env):
        if python.version >= OLDEST and (python.shared or os.geteuid() != 0):
            return python
    where = f"FRANKENPANEL_PYTHON={named}" if named else "This machine"
    raise Refused(f"{where} is or has no Python from 3.11 on that every user can run; install Debian's python3.")


def examined(candidates: list[str], env: Mapping[str, str]) -> Iterator[Python]:
    """Those of *candidates* that start, each with what it says of itself."""
    for program in filter(None, (shutil.which(name, path=env.get("PATH")) for name in candidates)):
        try:
            facts = run([program, "-c", FACTS], env={"PATH": f"{env.get('PATH', '')}:{PATH}"}).decode().splitlines()
        except (HostError, PermissionError):
            continue
        real, prefix = Path(facts[2]).resolve(), Path(facts[3])
        yield Python(Path(facts[2]), (int(facts[0]), int(facts[1])), enterable(real.parent) and enterable(prefix))


def environment(cache: Path, python: Python, lock: Path) -> Path:
    """Where the virtual environment for *lock* is, or will be."""
    key = hashlib.sha256(lock.read_bytes() + f"{python.program.resolve()} {python.name}".encode())
    return cache / "venv" / f"{python.name}-{key.hexdigest()[:12]}"


def is_complete(venv: Path) -> bool:
    return (venv / "complete").exists()


def make_environment(venv: Path, python: Python, lock: Path, env: Mapping[str, str], say: Say) -> None:
    """Install exactly what *lock* names, checked by its digests. One that was broken off is made anew."""
    waiting = "Another panel on this machine is installing the Python packages; waiting for it."
    with one_at_a_time(venv.with_name(f"{venv.name}.lock"), lambda: say(waiting)):
        if is_complete(venv):
            return
        count = sum("==" in line for line in lock.read_text().splitlines())
        say(f"Installing {count} Python packages into {venv}, once for this machine.")
        shutil.rmtree(venv, ignore_errors=True)
        follow([str(python.program), "-m", "venv", str(venv)], Counter(0, say))
        pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
        wanted = ["--no-deps", "--require-hashes", "--requirement", str(lock)]
        follow([*pip, *wanted], Counter(count, say), env=network(env))
        (venv / "complete").touch()


class Counter:
    """Says now and then how many packages pip has begun with."""

    def __init__(self, count: int, say: Say) -> None:
        self.count = count
        self.say = say
        self.seen = 0

    def __call__(self, line: str) -> None:
        if line.startswith("Collecting "):
            self.seen += 1
            if self.seen % SHOWN_EVERY == 0:
                self.say(f"  {self.seen} of {self.count}")
        elif line.startswith("Installing collected"):
            self.say("  unpacking")
