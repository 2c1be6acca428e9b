"""After all that visitors wait for: a backup takes what is left of the processors, which may be all."""

from __future__ import annotations

import os

LATER = 10
GENTLY = ("nice", "-n", str(LATER))
"""What a program is started by."""


def gently() -> None:
    """The thread that calls gives way to others from now on, until it ends. Linux has this by thread."""
    os.nice(LATER)
