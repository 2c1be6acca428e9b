"""Which FrankenPHP the panel uses: the one that is set, else the cache, else PATH, else it is got."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.host.errors import HostError, Refused
from apps.host.runtime.probe import Version, examine, unfit
from apps.host.turns import one_at_a_time

SYSTEM = Path("/var/cache/frankenpanel")
"""Root's cache, which every user can read: what root has built nobody needs to build again."""
Say = Callable[[str], None]
"""Takes one line for a person."""
Get = Callable[[Path, Say], Path]
"""A way to put a FrankenPHP into the cache: takes the cache, returns the binary, raises HostError."""


@dataclass(frozen=True)
class Found:
    binary: Path
    version: Version
    origin: str


def locate(cache: Path, env: Mapping[str, str], say: Say) -> Found | None:
    """A FrankenPHP that is already on the machine, or None.

    Refused when FRANKENPHP_BIN names one that cannot be used: whoever sets it means that one. What else is
    found and cannot be used is named, and passed over.
    """
    if named := env.get("FRANKENPHP_BIN"):
        return _named(Path(named))
    for origin, binary in _candidates(cache, env):
        try:
            version = examine(binary)
            reason = unfit(binary, version)
        except HostError as error:
            say(str(error))
            continue
        if not reason:
            return Found(binary, version, origin)
        say(f"FrankenPHP in {binary} {reason}; looking further.")
    return None


def provide(cache: Path, env: Mapping[str, str], say: Say, ways: Mapping[str, Get]) -> Found:
    """The same, and where there is none the *ways* to get one are tried in their order.

    Raises the error of the last way when none of them worked.
    """
    if found := locate(cache, env, say):
        return found
    other = "Another panel on this machine is getting FrankenPHP; waiting for it."
    with one_at_a_time(cache / "frankenphp.lock", lambda: say(other)):
        return locate(cache, env, say) or _get(cache, say, ways)


def _get(cache: Path, say: Say, ways: Mapping[str, Get]) -> Found:
    failed: HostError = Refused("No FrankenPHP was found; set FRANKENPHP_BIN to one.")
    for origin, get in ways.items():
        try:
            binary = get(cache, say)
            return Found(binary, examine(binary), origin)
        except HostError as error:
            failed = error
            say(str(error))
    raise failed


def _named(binary: Path) -> Found:
    if not os.access(binary, os.X_OK) or not binary.is_absolute():
        raise Refused(f"FRANKENPHP_BIN must be the absolute path of a program, and {binary} is not.")
    version = examine(binary)
    if reason := unfit(binary, version):
        raise Refused(f"FRANKENPHP_BIN: {binary} {reason}. Name another one, or unset it.")
    return Found(binary, version, "FRANKENPHP_BIN")


def _candidates(cache: Path, env: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    for kept in dict.fromkeys((cache, SYSTEM)):
        found = (kept / "frankenphp").glob("[0-9]*/frankenphp")
        yield from (("cache", binary) for binary in sorted(found, key=_newest, reverse=True))
    for folder in env.get("PATH", "").split(os.pathsep):
        binary = Path(folder) / "frankenphp"
        if folder.startswith("/") and os.access(binary, os.X_OK) and not binary.is_dir():
            yield "PATH", binary


def _newest(binary: Path) -> tuple[tuple[int, ...], ...]:
    frankenphp, _, php = binary.parent.name.partition("-php")
    return Version(frankenphp, php, thread_safe=True).order
