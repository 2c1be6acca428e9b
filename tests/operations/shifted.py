"""A runner with a clock of its own: ``python -m tests.operations.shifted OPERATION DIARY TRIES``, under libfaketime.

It carries out the toy flow's steps as far as they are due by its clock, and writes each act into the diary.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), Path("/usr/lib/libfaketime.so.1"))


def a_runner(shift: str, operation: int, diary: Path, tries: int = 1) -> None:
    """Let one run to its end. *shift* as in ``+1d``."""
    clock = {"FAKETIME": shift, "LD_PRELOAD": str(FAKETIME), "NO_FAKE_STAT": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    argv = [sys.executable, "-m", "tests.operations.shifted", str(operation), str(diary), str(tries)]
    done = subprocess.run(argv, env={**os.environ, **clock}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def main(operation: int, diary: Path, tries: int) -> None:
    # Its sleep ends at a time of the clock that does not change, which libfaketime takes for one of the other
    time.sleep = lambda seconds: Event().wait(seconds) and None  # type: ignore[assignment, arg-type]
    import django

    django.setup()
    from apps.host.errors import Unavailable
    from apps.operations import engine
    from apps.operations.run import Run
    from tests.operations.toys import Toy, toy_flow

    def act(run: Run) -> None:
        with diary.open("a") as file:
            file.write(f"{time.time()}\n")
        if (diary.parent / "away").exists():
            raise Unavailable("The database server does not answer.")

    with toy_flow(Toy("one", act), Toy("two", act)):
        for _ in range(tries):
            engine.advance(operation, lambda: None)  # type: ignore[arg-type, return-value]


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
