"""The seed's numbered lists."""

from __future__ import annotations

import re
from pathlib import Path

SEED = (Path(__file__).parent / "seed.md").read_text()


def numbered_lines(heading: str) -> dict[int, str]:
    """The lines under ``Chapter / Section``, by their number."""
    chapter, section = heading.split(" / ")
    text = SEED.split(f"## {chapter}\n")[1].split("\n## ")[0]
    text = text.split(f"### {section}\n")[1].split("\n### ")[0]
    return {int(n): line for n, line in re.findall(r"^(\d+)\. (.+)$", text, re.MULTILINE)}
