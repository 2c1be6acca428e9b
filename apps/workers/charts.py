"""Points as the shapes of a small chart, reckoned on the server: the page carries no script and no style for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

from apps.workers.series import Point

WIDTH, HEIGHT = 600, 120
GAP = 0.25
"""Of a bar's place, what stays free."""
Value = Callable[[Point], float | None]
STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Bar:
    """In the units of the chart's box; *label* says what it stands for."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str


@dataclass(frozen=True)
class Curve:
    """*points* as SVG takes them. A time in which nothing was measured lies between two curves."""

    points: str
    kind: str


@dataclass(frozen=True)
class Chart:
    """*top* is what the upper edge stands for, *told* what it is all about in a few words."""

    title: str
    unit: str
    told: str
    top: str
    bars: tuple[Bar, ...] = ()
    curves: tuple[Curve, ...] = ()
    box: str = f"0 0 {WIDTH} {HEIGHT}"


def bars(title: str, unit: str, told: str, points: Sequence[Point], values: dict[str, Value]) -> Chart:
    """One bar a point for each of *values* (its kind: how much), one before the other."""
    top = _top([value(point) for value in values.values() for point in points])
    each = WIDTH / max(1, len(points))
    shapes = [
        Bar(
            x=round(each * (place + GAP / 2), 1),
            y=round(HEIGHT * (1 - amount / top), 1),
            width=round(each * (1 - GAP), 1),
            height=round(HEIGHT * amount / top, 1),
            kind=kind,
            label=f"{point.at:%d %b, %H:%M}: {amount:g} {unit.partition(';')[0]}",
        )
        for kind, value in values.items()
        for place, point in enumerate(points)
        if (amount := value(point))
    ]
    return Chart(title, unit, told, f"{top:g}", bars=tuple(shapes))


def curves(title: str, unit: str, told: str, points: Sequence[Point], values: dict[str, Value]) -> Chart:
    """A line for each of *values*, broken where there is none."""
    top = _top([value(point) for value in values.values() for point in points])
    shapes = [
        Curve(run, kind) for kind, value in values.items() for run in _runs([value(point) for point in points], top)
    ]
    return Chart(title, unit, told, f"{top:g}", curves=tuple(shapes))


def _runs(amounts: Sequence[float | None], top: float) -> list[str]:
    each, runs = WIDTH / max(1, len(amounts)), [list[str]()]
    for place, amount in enumerate(amounts):
        if amount is None:
            runs.append([])
        else:
            y = HEIGHT * (1 - amount / top)
            runs[-1] += [f"{each * (place + GAP / 2):.1f},{y:.1f}", f"{each * (place + 1 - GAP / 2):.1f},{y:.1f}"]
    return [" ".join(run) for run in runs if run]


def _top(amounts: Sequence[float | None]) -> float:
    """The next round number above all of them."""
    most = max((amount for amount in amounts if amount), default=0.0)
    if most <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(most))
    return next(step * unit for step in STEPS if step * unit >= most * 0.999)
