"""Named places where a crash leaves the machine between two states.

A driver declares one at import time and passes through it between two acts::

    MADE = CrashPoint("files.site-folder-made")
    ...
    folder.mkdir(mode=0o700)
    MADE()

Nothing happens there, save in the test that kills the process at every one of them. ``CrashPoint.names`` is
the complete list, because a point that is not declared cannot be passed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar


class CrashPoint:
    names: ClassVar[list[str]] = []
    passed: ClassVar[Callable[[str], None] | None] = None

    def __init__(self, name: str) -> None:
        if name in self.names:
            raise ValueError(f"the crash point {name} is declared twice")
        self.names.append(name)
        self.name = name

    def __call__(self) -> None:
        if CrashPoint.passed is not None:
            CrashPoint.passed(self.name)
