"""``./panel test --every-point``: the crash loops without a sample, on each database, and their summary.

``--each-point-once`` kills at one passage of each point in each loop, in a fraction of the time. ``tests/POINTS.md`` is
written when all of them went well; it names the option, and the commit that they ran on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from apps.host import command
from apps.host.errors import CommandFailed
from apps.servers.local.checks import SERVERS, SIDE_BY_SIDE, Check, Say, run
from apps.servers.local.workplace import workplace

EVERY, ONCE = "--every-point", "--each-point-once"
LOOPS = "tests/operations/test_crash*.py"
WRITER = (sys.executable, "-m", "tests.operations.points")
SUMMARY = Path("tests/POINTS.md")


def run_points(option: str, code: Path, cache: Path, pytest_arguments: Sequence[str], say: Say) -> int:
    """On one database after the other. Returns the exit code."""
    with workplace(code, cache, say) as place, TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        loops = sorted(map(str, place.glob(LOOPS)))
        argv = [sys.executable, "-m", "pytest", *SIDE_BY_SIDE, *loops, *pytest_arguments]
        env = {"FP_POINTS": str(results), **({"FP_POINTS_ONCE": "yes"} if option == ONCE else {})}
        runs = [
            Check("the points on SQLite", argv, env, loud=True),
            Check("the points on PostgreSQL and Redis", argv, {**env, **SERVERS}, loud=True),
        ]
        write = Check(f"{SUMMARY} written", [*WRITER, str(results), commit(code), str(code / SUMMARY), option])
        return 0 if all(run(check, place, say) for check in (*runs, write)) else 1


def commit(code: Path) -> str:
    """The one that *code* is checked out at, with a word when its files are others by now."""
    git = ["git", "-c", f"safe.directory={code}", "-C", str(code)]
    try:
        name = command.run([*git, "rev-parse", "--short=12", "HEAD"]).decode().strip()
        changed = command.run([*git, "status", "--porcelain", "--", ".", f":!{SUMMARY}"])
    except CommandFailed:
        return "unknown: this is no clone"
    return f"{name}, with changes that are not committed" if changed else name
