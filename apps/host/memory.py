"""How much memory processes take: shared memory divided among its users (PSS)."""

from __future__ import annotations

import re
from pathlib import Path


def memory_of(pid: int) -> int:
    """Bytes of *pid* and all its descendants; those that have ended, or are not ours to look at, count nothing."""
    return sum(_pss(one) for one in (pid, *descendants(pid)))


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *descendants(child)]
    return found


def _pss(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    pss = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(pss[1]) * 1024 if pss else 0
