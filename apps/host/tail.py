"""The end of a log file, for a sentence about what went wrong."""

from __future__ import annotations

import os
from pathlib import Path

WINDOW = 65536


def last_lines(file: Path, count: int, start: int = 0) -> list[str]:
    """The last *count* lines of *file* behind byte *start*; none when there is no such file."""
    if not file.exists():
        return []
    with file.open("rb") as content:
        end = content.seek(0, os.SEEK_END)
        content.seek(max(start if start <= end else 0, end - WINDOW))
        return content.read().decode(errors="replace").splitlines()[-count:]
