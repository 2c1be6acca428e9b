"""The flows under each heading of the seed carry every numbered line of it between them, once, and in order."""

from __future__ import annotations

import itertools

import pytest

from apps.operations.flow import FLOWS, Flow
from apps.operations.shown import title_of
from tests.lifecycle.seed import numbered_lines

EARLIER = {"Database Lifecycle / 1. Database Creation": {8, 9}}
"""Lines that come before their place, by design: there a password is kept before there is an account that has it."""
HEADINGS = sorted({flow.seed for flow in FLOWS.values() if flow.seed})


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_flows_of_a_heading_carry_every_line_of_its_list(heading: str) -> None:
    flows = [flow for flow in FLOWS.values() if flow.seed == heading]
    asked = set(itertools.chain.from_iterable(flow.in_request for flow in flows))
    done = list(itertools.chain.from_iterable(line.seed for flow in flows for line in flow.lines))
    assert sorted([*asked, *done]) == sorted(numbered_lines(heading))


@pytest.mark.parametrize("flow", FLOWS.values(), ids=str)
def test_a_flow_has_a_title_and_carries_no_line_without_a_heading(flow: Flow) -> None:
    assert title_of(flow.name)
    assert flow.seed or not any([flow.in_request, *(line.seed for line in flow.lines)])


@pytest.mark.parametrize("flow", FLOWS.values(), ids=str)
def test_a_flow_keeps_the_seeds_order(flow: Flow) -> None:
    numbers = list(itertools.chain.from_iterable(line.seed for line in flow.lines))
    kept = [number for number in numbers if number not in EARLIER.get(flow.seed, ())]
    assert kept == sorted(kept)
