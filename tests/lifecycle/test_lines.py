"""The seed is walked, heading by heading: each numbered line has what carries it, and a fact that is seen outside."""

from __future__ import annotations

import sys

from tests.lifecycle import lines


def test_every_line_of_the_seed_is_carried() -> None:
    sys.stdout.write(f"{lines.printed()}\n")
    assert lines.missing() == []


def test_the_lines_stand_in_the_seeds_order() -> None:
    found = [(one.heading, one.number) for one in lines.carried()]
    assert len(set(found)) == len(found)
    assert list(dict.fromkeys(heading for heading, _ in found))[-1] == lines.SCALING
    assert len(lines.headings()) == 15
