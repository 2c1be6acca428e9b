"""A figure beside its floor, and how it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """What was measured: *value* and *floor* are medians of the same run, in *unit*.

    *reach*: what *value* may be at most; None for a figure that is only shown. *lines* tell where it comes from.
    *on*: where the panel's records and messages were.
    """

    name: str
    what: str
    unit: str
    value: float
    floor: float | None = None
    floor_is: str = ""
    reach: float | None = None
    reach_is: str = ""
    runs: int = 1
    on: str = ""
    lines: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        return None if self.reach is None else self.value <= self.reach

    def shape(self) -> dict[str, Any]:
        """For JSON: every field but the lines, with ``ratio`` and ``met``."""
        fields = {key: value for key, value in asdict(self).items() if key != "lines"}
        return {**fields, "ratio": self.ratio, "met": self.met}

    def text(self) -> str:
        """Name and figures on one line, what stands behind them below."""
        parts = [f"{self._number(self.value)}"]
        if self.floor is not None:
            parts.append(f"floor {self._number(self.floor)} ({self.floor_is})")
            parts.append(f"ratio {self.ratio:.2f}")
        if self.reach is not None:
            parts.append(f"reach {self._number(self.reach)} ({self.reach_is})")
            parts.append("met" if self.met else "NOT MET")
        head = f"{self.name}: {self.what}{self.on and f', on {self.on}'}\n  {' | '.join(parts)} | runs {self.runs}"
        return "\n".join([head, *(f"  {line}" for line in self.lines)])

    def _number(self, value: float) -> str:
        return f"{value:.3g} {self.unit}" if value < 1 else f"{value:.2f} {self.unit}"


def middle(values: Sequence[float]) -> float:
    """The median; 0 of nothing."""
    return median(values) if values else 0.0


def spread(values: Sequence[float], unit: str, digits: int = 2) -> str:
    """How far apart the runs were, as a reader of a noisy machine wants to know."""
    return f"{min(values):.{digits}f} to {max(values):.{digits}f} {unit}"


def table(rows: Mapping[str, float], unit: str, digits: int = 3) -> list[str]:
    """Names and numbers, the numbers under each other."""
    wide = max(map(len, rows), default=0)
    return [f"{name:<{wide}}  {value:>9.{digits}f} {unit}" for name, value in rows.items()]
