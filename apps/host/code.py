"""A copy of the code where every user of the machine can read it. Standard library only."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

CACHES = shutil.ignore_patterns("__pycache__", ".*_cache", ".hypothesis")
LEFT_OUT = ("var", ".git")


def readable_copy(checkout: Path, copy: Path) -> Path:
    """Put what *checkout* has now in *copy*, whole or not at all, and return it. What was there goes away."""
    part = Path(tempfile.mkdtemp(prefix="code-", dir=copy.parent))
    try:
        for entry in checkout.iterdir():
            if entry.is_dir() and entry.name not in LEFT_OUT:
                shutil.copytree(entry, part / entry.name, ignore=CACHES)
            elif entry.is_file():
                shutil.copy(entry, part / entry.name)
        part.chmod(0o755)
        shutil.rmtree(copy, ignore_errors=True)
        part.rename(copy)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return copy
