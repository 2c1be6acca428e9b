"""The worker's log, read from its end. A tenant can write into it: it is shown, and never believed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from apps.host.printable import printable

BLOCK = 65536
SHOWN = 5
WIDTH = 300
INFORMS = re.compile(r'^\{"level":"(info|debug)"')
QUIET = re.compile(r'^\{"level":"(info|debug|warn)"')
PANIC = "panic: "
"""A server's own fault: FrankenPHP meets one in its end, in 1 of 150 starts that a script of worker mode has failed."""


def tail(path: Path, lines: int, limit: int = 16 * BLOCK) -> list[str]:
    """The last *lines* lines, oldest first; at most *limit* bytes are read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return []
    with os.fdopen(descriptor, "rb") as file:
        at, text = file.seek(0, os.SEEK_END), b""
        begin = max(0, at - limit)
        while at > begin and text.count(b"\n") <= lines:
            part = min(BLOCK, at - begin)
            at = file.seek(at - part)
            text = file.read(part) + text
    return [printable(line, keep="\t") for line in text.decode(errors="replace").split("\n") if line][-lines:]


def size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def written_since(path: Path, offset: int) -> str:
    """What came into the log after it was *offset* bytes long."""
    return "\n".join(tail(path, 1000, max(0, size(path) - offset)))


def complaint(path: Path, offset: int) -> str:
    """The last lines written after *offset*, as the end of a sentence; what is only information is left out.

    Where the server panics it does not come to say what went wrong before: its warnings tell, and its stack does not.
    """
    lines = written_since(path, offset).splitlines()
    panic = next((number for number, line in enumerate(lines, 1) if line.startswith(PANIC)), None)
    loud = [line for line in lines[:panic] if not (INFORMS if panic else QUIET).match(line)] or lines
    if not loud:
        return "It wrote nothing into its log."
    return "Its log ends with:\n" + "\n".join(line[:WIDTH] for line in loud[-SHOWN:])
