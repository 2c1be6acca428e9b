"""Which crash points are killed at, and what came of it: ``tests/POINTS.md`` is written from that.

``FP_POINTS`` names the file that a run writes its results to, a line of JSON for each loop. With it every point is
killed at on either backend; with ``FP_POINTS_ONCE`` as well, at one passage of each in each loop. Without them a loop
may be sampled like that, but for the engine's own points, which are the same in all of them: each loop has one passage
of one of them, the next loop another. One that is not sampled has every third of its further passages as well. On
PostgreSQL a loop has a fourth of its sample, and its passage of the engine: what else it leaves on the machine differs
in nothing that a database could tell.

    python -m tests.operations.points RESULTS COMMIT FILE OPTION
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

Point = tuple[int, str]
"""The number of a passage, counted from 0 at the operation's beginning, and the point's name."""
THIRD, FOURTH = 3, 4
FILE = Path(__file__).parents[1] / "POINTS.md"
BACKENDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
ROW = re.compile(r"^\| (\d+) \| `([^`]+)` \| (.*) \| (.*) \|$", re.MULTILINE)
HEAD = """\
# Killed at every point

Written by `./panel test {option}` on commit {commit}. In each line a runner was killed with
SIGKILL at that point, the next one carried on, and the machine was then compared with “complete” (*done*) or “never
happened” (*undone*).

| flow | direction | points | {backends} |
|---|---|---|{lines}
"""


def backend() -> str:
    return os.environ.get("TESTS_ON", "sqlite")


def to_kill(
    flow: str, direction: str, points: Iterable[Point], known: Iterable[str] = (), *, sampled: bool = False
) -> Iterator[Point]:
    """Those of *points* to be killed at, one after another. To ask for the next says that the last one went well.

    *known*: names that another loop has in its sample. *sampled*: a sample will do on SQLite too.
    """
    every, file = list(points), os.environ.get("FP_POINTS", "")
    if file:
        chosen = sample(every) if os.environ.get("FP_POINTS_ONCE") else every
    else:
        chosen = _some(f"{flow} {direction}", every, known, sampled=sampled)
    yield from chosen
    if file:
        found = {"backend": backend(), "flow": flow, "direction": direction, "points": chosen}
        with Path(file).open("ab", buffering=0) as results:  # at once: other loops write there too
            results.write(json.dumps(found).encode() + b"\n")


def _some(loop: str, every: Sequence[Point], known: Iterable[str], *, sampled: bool) -> list[Point]:
    if backend() == "sqlite" and not sampled:
        once = sample(every, known)
        return sorted([*once, *in_turn(loop, [point for point in every if point not in once], THIRD)])
    engines = [point for point in every if point[1].startswith("engine.")]
    once = sample([point for point in every if point not in engines], known)
    some = once if backend() == "sqlite" else in_turn(loop, once, FOURTH)
    return sorted([*in_turn(loop, engines, len(engines)), *some])


def in_turn(loop: str, points: Sequence[Point], each: int) -> list[Point]:
    """One of *each* of *points*, the same in every run: by its name a *loop* begins with another one than the next."""
    first = crc32(loop.encode()) % max(1, min(each, len(points)))
    return list(points[first :: max(1, each)])


def sample(points: Iterable[Point], known: Iterable[str] = ()) -> list[Point]:
    """The first passage of each point that is not *known*."""
    seen, chosen = set(known), []
    for at, name in points:
        if name not in seen:
            seen.add(name)
            chosen.append((at, name))
    return chosen


def names_of(text: str) -> dict[str, set[str]]:
    """``{backend: names}``: the points that *text*, which is that of POINTS.md, says were survived."""
    rows = ROW.findall(text)
    return {one: {row[1] for row in rows if row[2 + place]} for place, one in enumerate(BACKENDS)}


def text_of(results: Sequence[dict[str, Any]], commit: str, option: str = "--every-point") -> str:
    """POINTS.md."""
    loops = {(one["flow"], one["direction"]): dict[str, Any]() for one in results}
    for one in results:
        loops[one["flow"], one["direction"]][one["backend"]] = [tuple(point) for point in one["points"]]
    columns = {"backends": " | ".join(BACKENDS.values()), "lines": "---|" * len(BACKENDS)}
    parts = [HEAD.format(commit=commit, option=option, **columns)]
    for (flow, direction), found in sorted(loops.items()):
        names = len({name for points in found.values() for _, name in points})
        kills = " | ".join(f"{len(found.get(one, []))} kills" for one in BACKENDS)
        parts.append(f"| {flow} | {direction} | {names} | {kills} |\n")
    return "".join([*parts, *(_table(*loop, found) for loop, found in sorted(loops.items()))])


def _table(flow: str, direction: str, found: dict[str, list[Point]]) -> str:
    end = "done" if direction == "forward" else "undone"
    every = sorted({point for points in found.values() for point in points})
    rows = [
        f"| {at} | `{name}` | {' | '.join(end if (at, name) in found.get(one, []) else '' for one in BACKENDS)} |\n"
        for at, name in every
    ]
    head = f"| # | point | {' | '.join(BACKENDS.values())} |\n|---|---|{'---|' * len(BACKENDS)}\n"
    return "".join([f"\n## {flow}, {direction}\n\n", head, *rows])


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text().splitlines()
    Path(sys.argv[3]).write_text(text_of([json.loads(line) for line in lines], sys.argv[2], sys.argv[4]))
