"""What a site's folder takes on the disk: counted as the site's user, and given up where that takes too long."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from time import monotonic

from apps.host.command import Identity
from apps.host.errors import CommandFailed, Refused, Unavailable
from apps.host.streams import streaming

LONGEST = 120.0
"""Seconds: a million files take about ten when they were looked at lately, and minutes when not."""
COUNTED = ("public", "private", "tmp")
LINE = re.compile(rb"^(\d{1,18})\ttotal$", re.MULTILINE)


def disk_usage(site: Path, owner: Identity) -> int:
    """Bytes of all that the site's user has in the folder *site*, each file once. Unavailable after two minutes.

    What he may not look at himself, or what vanishes meanwhile, is not counted. No link is followed.
    """
    until = monotonic() + LONGEST

    def in_time() -> None:
        if monotonic() > until:
            raise Unavailable(f"{site} has too many files to be counted within {LONGEST:g} seconds.")

    quietly = ["nice", "-n", "19", "du", "--summarize", "--total", "--block-size=1", "--one-file-system", "--"]
    argv: list[str | Path] = [*quietly, *(site / name for name in COUNTED)]
    printed = b""
    with streaming(argv, identity=owner, prints=True, waiting=in_time) as counting:
        while chunk := counting.read():
            printed += chunk
        with suppress(CommandFailed):  # it says so when there was something that it could not count
            counting.end()
    total = LINE.search(printed)
    if total is None:
        raise Refused(f"{site} cannot be counted: {counting.said()[:200] or 'du said nothing'}.")
    return int(total[1])
