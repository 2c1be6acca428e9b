"""Debian's packages: which are missing, and their installation where the caller may.

Standard library only: ``./panel`` needs it before anything is set up.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence

from apps.host.command import follow, run
from apps.host.errors import CommandFailed, HostError, Refused
from apps.host.runtime.network import network

APT = ("apt-get", "-o", "DPkg::Lock::Timeout=600", "-q")
INSTALL = ("install", "--yes", "--no-install-recommends")


def missing(packages: Sequence[str]) -> list[str]:
    """Those of *packages* that are not installed; none where there is no dpkg to ask."""
    if not shutil.which("dpkg-query"):
        return []
    listed = run(["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n"]).decode()
    there = {line.split()[0] for line in listed.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in there]


def install(packages: Sequence[str], env: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Install those of *packages* that are missing; nothing is missing the second time.

    Refused, with the one line to run, where the caller is neither root nor may become it without a password.
    """
    lacking = missing(packages)
    if not lacking:
        return
    prefix = _as_root(env)
    if prefix is None:
        raise Refused(f"Packages are missing. Run this line, then start again:\n  {one_line(lacking)}")
    say(f"Installing {len(lacking)} Debian packages: {' '.join(lacking)}")
    try:
        follow([*prefix, *APT, "update"], _quiet, env=network(env))
        unasked = {**network(env), "DEBIAN_FRONTEND": "noninteractive"}
        follow([*prefix, *APT, *INSTALL, *lacking], _quiet, env=unasked)
    except CommandFailed as error:
        raise Refused(f"The packages could not be installed; run: {one_line(lacking)}\n{error}") from error


def one_line(packages: Sequence[str]) -> str:
    return " ".join(["sudo apt-get", *INSTALL, *packages])


def _quiet(line: str) -> None:
    """apt's own lines help nobody while it works; the last ones are in the error if it fails."""


def _as_root(env: Mapping[str, str]) -> list[str] | None:
    """What to put before a command to run it as root, or None where that cannot be done unasked."""
    if os.geteuid() == 0:
        return []
    try:
        run(["sudo", "-n", "true"])
    except HostError:
        return None
    pairs = [f"{name}={value}" for name, value in network(env).items()]
    return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", *pairs]
