"""The front's memory with 1,000 plain sites, beside that with 10."""

from __future__ import annotations

from tests.bench.domain import FEW, MANY, RUNS, taken
from tests.bench.figure import Figure
from tests.bench.private import Panel

TIMES = 2


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    few, many = taken(panel, runs)
    return Figure(
        name="domain_memory",
        what=f"resident memory of the front with {MANY} plain sites, after domains were added to one more",
        unit="MB",
        value=many.resident,
        floor=few.resident,
        floor_is=f"the same with {FEW}",
        reach=TIMES * few.resident,
        reach_is=f"{TIMES} x",
        runs=runs,
        lines=[f"its own share of it (PSS): {many.proportional:.1f} MB, with {FEW} sites {few.proportional:.1f} MB"],
    )
