"""Paths in archives from anywhere: what may be made of one, and what is refused before anything is made."""

from __future__ import annotations

from apps.host.archive.faults import Hostile
from apps.host.printable import printable

LONGEST, DEEPEST, LONGEST_NAME = 4096, 210, 255


def below(path: bytes) -> bytes:
    """*path* without what means nothing in it; empty for the folder itself. Hostile where it leads out of it."""
    names = [name for name in path.split(b"/") if name not in (b"", b".")]
    if path.startswith(b"/") or b".." in names or b"\0" in path:
        raise Hostile(f"{shown(path)} would lead out of the folder that the archive belongs in.")
    if len(path) > LONGEST or len(names) > DEEPEST or any(len(name) > LONGEST_NAME for name in names):
        raise Hostile(f"{shown(path)} is longer or deeper than a path may be.")
    return b"/".join(names)


def shown(path: bytes) -> str:
    text = path[:200].decode(errors="backslashreplace")
    return printable(text)
