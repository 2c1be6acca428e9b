"""Every numbered line of the seed with what carries it and what is seen of it outside.

    python -m tests.lifecycle.lines
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.lifecycle.seed import SEED, numbered_lines

CREATION = "Site Lifecycle / 1. Site Creation"
SCALING = "Multi-Site Scaling"
@dataclass(frozen=True)
class CarriedLine:
    heading: str
    number: int
    text: str
    carrier: str
    fact: str

    def __str__(self) -> str:
        return f"{self.number:>3}. {self.text}\n     {self.carrier}\n     {self.fact}"


def headings() -> list[str]:
    """``Chapter / Section`` of every numbered list that is built."""
    found = []
    for chapter in SEED.split("\n## ")[1:]:
        name = chapter.splitlines()[0]
        found += [f"{name} / {section}" for section in re.findall(r"^### (\d+\. .+)$", chapter, re.MULTILINE)]
    return found


def carried() -> list[CarriedLine]:
    """Every line that has a carrier and a fact, as the seed has them one after the other."""
    places = [*headings(), SCALING]
    return sorted(_carried(), key=lambda one: (places.index(one.heading), one.number))


def missing() -> list[str]:
    """Those that have not, as ``Chapter / Section, number. text``."""
    from tests.lifecycle import test_scaling

    wanted = {heading: numbered_lines(heading) for heading in headings()} | {SCALING: test_scaling.LINES}
    there = {(one.heading, one.number) for one in carried()}
    every = ((heading, number, text) for heading, lines in wanted.items() for number, text in lines.items())
    return [f"{heading}, {number}. {text}" for heading, number, text in every if (heading, number) not in there]


def count() -> str:
    """How many there are of how many."""
    found, left = len(carried()), len(missing())
    return f"{found} of {found + left} lines of the seed are carried"


def _carried() -> Iterator[CarriedLine]:
    from tests.lifecycle import creation, test_scaling, test_site_create  # they want Django's settings

    yield from _lines(CREATION, numbered_lines(CREATION), test_site_create.CARRIERS, creation.FACTS)
    for name in sorted(path.stem for path in Path(__file__).parent.glob("section_*.py")):
        for section in import_module(f"tests.lifecycle.{name}").SECTIONS:
            yield from _lines(section.heading, numbered_lines(section.heading), section.carriers, section.facts)
    yield from _lines(SCALING, test_scaling.LINES, test_scaling.CARRIERS, test_scaling.FACTS)


def _lines(
    heading: str,
    lines: Mapping[int, str],
    carriers: Mapping[int, tuple[Any, ...]],
    facts: Mapping[int, Callable[..., Any]],
) -> Iterator[CarriedLine]:
    for number, text in lines.items():
        if number in carriers and number in facts:
            owner, name, *_ = carriers[number]
            where = owner if isinstance(owner, str) else f"{owner.__module__}.{owner.__qualname__}"
            yield CarriedLine(heading, number, text, f"{where}.{name}", facts[number].__name__.replace("_", " "))


def printed() -> str:
    """All of them as a text, those that nothing carries at the end."""
    found, parts = carried(), []
    for heading in dict.fromkeys(one.heading for one in found):
        parts += [f"\n{heading}", *(str(one) for one in found if one.heading == heading)]
    left = ["\nNothing carries:", *missing()] if missing() else []
    return "\n".join([*parts, *left, f"\n{count()}."])


if __name__ == "__main__":
    import django

    from tests import environment  # noqa: F401 - settings of the tests' own

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frankenpanel.settings")
    django.setup()
    sys.stdout.write(f"{printed()}\n")
