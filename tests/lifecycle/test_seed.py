"""Each flow stands under its heading of the seed and carries every numbered line of it, in order."""

from __future__ import annotations

import itertools

import pytest

from apps.operations.flow import FLOWS, Flow
from apps.operations.shown import title_of
from tests.lifecycle.seed import numbered_lines


@pytest.mark.parametrize("flow", FLOWS.values(), ids=str)
def test_a_flow_carries_every_line_of_its_list(flow: Flow) -> None:
    carried = [*flow.in_request, *itertools.chain.from_iterable(line.seed for line in flow.lines)]
    assert sorted(carried) == (sorted(numbered_lines(flow.seed)) if flow.seed else [])
    assert title_of(flow.name)


@pytest.mark.parametrize("flow", FLOWS.values(), ids=str)
def test_a_flow_keeps_the_seeds_order(flow: Flow) -> None:
    numbers = list(itertools.chain.from_iterable(line.seed for line in flow.lines))
    assert numbers == sorted(numbers)
