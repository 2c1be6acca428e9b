"""What a rewriting has found, or done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Report:
    """What was found, or done: *places* by table, and how often something was left alone, by the sentence for it."""

    places: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return sum(self.places.values())

    def __str__(self) -> str:
        tables = sum(count > 0 for count in self.places.values())
        aside = sum(self.left.values())
        told = f"{self.total} places in {tables} tables"
        return f"{told}; {aside} left alone" if aside else told
