"""Where the tests and the benchmarks run: with a FrankenPHP, and with code that site users can read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.host.code import readable_copy
from apps.host.reach import enterable
from apps.host.runtime.build import build
from apps.host.runtime.locate import Found, Get, provide
from apps.host.runtime.release import fetch_release

Say = Callable[[str], None]


def get_frankenphp(cache: Path, say: Say) -> Found:
    """The one to use, fetched or built where there is none."""
    ways: dict[str, Get] = {"release": fetch_release, "build": lambda to, tell: build(to, os.environ, tell)}
    return provide(cache, os.environ, say, ways)


@contextmanager
def workplace(code: Path, cache: Path, say: Say) -> Iterator[Path]:
    """The code, or a copy of it for as long as it is needed, when other users cannot come to the checkout."""
    get_frankenphp(cache, say)
    if os.geteuid() != 0 or enterable(code):
        yield code
        return
    with tempfile.TemporaryDirectory(prefix="fpt-code-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield readable_copy(code, Path(folder) / "code")
