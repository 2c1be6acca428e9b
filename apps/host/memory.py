"""How much memory processes take: shared memory divided among its users (PSS)."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path


def memory_of(pid: int) -> int:
    """Bytes of *pid* and all its descendants; those that have ended, or are not ours to look at, count nothing."""
    return sum(_pss(one) for one in (pid, *descendants(pid)))


def descendants(pid: int) -> list[int]:
    """Those that end meanwhile may be among them, or not."""
    found: list[int] = []
    for child in _children(pid):
        found += [child, *descendants(child)]
    return found


def _children(pid: int) -> list[int]:
    """A process is the child of one of the threads of its parent."""
    children: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                children += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return children


def _pss(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    pss = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(pss[1]) * 1024 if pss else 0
