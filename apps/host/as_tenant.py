"""Work below a site's folder: done by a fresh child with the site's uid, never by root (`tenant`).

What the child says is the site's word, not ours: it is cleaned, shortened and shown, and nothing else.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from apps.host.command import Identity, follow, run
from apps.host.errors import CommandFailed, HostError, Refused, Unavailable
from apps.host.printable import printable
from apps.host.reach import readable
from apps.host.travelling import one_text

LONG = 3600.0
"""Seconds that emptying a site's folder may take: a million files need about twenty."""
MAY_PASS = 4
SENTENCE = 300
TENANT = Path(__file__).with_name("tenant")


def as_tenant(owner: Identity, verb: str, *arguments: str | Path | int, stdin: bytes = b"") -> bytes:
    """Run one verb of `tenant` as *owner*. Raises Refused or Unavailable with the child's sentence."""
    try:
        return run([*program(owner), verb, *map(str, arguments)], identity=owner, stdin=stdin, timeout=LONG)
    except CommandFailed as failed:
        raise problem(failed) from None


def follow_tenant(
    owner: Identity, told: Callable[[int, int], None] | None, verb: str, *arguments: str | Path
) -> None:
    """The same for a verb that prints "DONE TOTAL": each such line is handed to *told*, which may raise."""

    def on_line(line: str) -> None:
        numbers = re.fullmatch(r"(\d{1,18}) (\d{1,18})", line)
        if numbers and told:
            told(int(numbers[1]), int(numbers[2]))

    try:
        follow([*program(owner), verb, *map(str, arguments)], on_line, identity=owner)
    except CommandFailed as failed:
        raise problem(failed) from None


def program(owner: Identity, text: Path = TENANT) -> list[str]:
    """What *owner* runs; a verb and its arguments follow. *text*: the file, or the package, that is the program."""
    if owner.uid == 0:
        raise Refused("A site's files are never touched as root: the site has no user of its own.")
    return [interpreter(), "-I", "-S", "-c", one_text(text)]


@cache
def interpreter() -> str:
    """A Python that every user may run: ours, or the system's when ours lies in somebody's home."""
    ours = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    return str(ours) if readable(ours) else "/usr/bin/python3"


def problem(failed: CommandFailed) -> HostError:
    """What the child said in going, for a person."""
    if failed.code < 0:
        return Unavailable(f"The work on the site's files was ended by signal {-failed.code}.")
    lines = [line.strip() for line in failed.output.splitlines() if line.strip()]
    said = next((line[2:] for line in reversed(lines) if line.startswith("! ")), None)
    if said is None:
        last = lines[-1] if lines else "it said nothing"
        said = f"The work on the site's files ended with code {failed.code}: {last}."
    clean = printable(said, SENTENCE)
    return Unavailable(clean) if failed.code == MAY_PASS else Refused(clean)
