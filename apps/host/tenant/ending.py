"""How a program that travels ends: with code 0, or with a sentence for a person and a code that says which kind."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

from apps.host.tenant.paths import Problem, Resists

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = (errno.ENOSPC, errno.EDQUOT)


def ended(deed: Callable[..., None], *arguments: str) -> int:
    """Do it. What goes wrong is one sentence, after "! " on standard error, and code 3; code 4 if it may pass."""
    os.umask(0)
    try:
        deed(*arguments)
    except Resists as problem:
        return say(str(problem), 4)
    except Problem as problem:
        return say(str(problem), 3)
    except OSError as error:
        return say(sentence(error), 3)
    return 0


def say(problem: str, code: int) -> int:
    sys.stderr.write(f"! {problem}\n")
    return code


def sentence(error: OSError) -> str:
    where = os.fsencode(str(error.filename or "")).decode(errors="backslashreplace")
    if error.errno in FULL:
        return "The disk became full meanwhile; make room and try again."
    return f"{where}: {error.strerror}." if where else f"{error.strerror}."
