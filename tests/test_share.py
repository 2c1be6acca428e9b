"""Runs with a share of the values: each test is still in them, and another value of the next."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parts import share


class Named:
    """As much of a test as matters here."""

    def __init__(self, nodeid: str, *marks: str) -> None:
        self.nodeid, self.marks = nodeid, marks

    def get_closest_marker(self, name: str) -> bool:
        return name in self.marks


def runs(tests: list[Any], each: int) -> list[str]:
    out = share.left_out(tests, each)
    return [test.nodeid for test in tests if test not in out]


@pytest.mark.parametrize("values", [1, 2, 4, 9])
def test_each_test_runs_with_a_fourth_of_its_values(values: int) -> None:
    tests = [Named(f"a.py::test_{name}[{value}]") for name in range(20) for value in range(values)]
    chosen = runs(tests, 4)
    assert {name.partition("[")[0] for name in chosen} == {test.nodeid.partition("[")[0] for test in tests}
    assert len(chosen) <= 20 * -(-values // 4)
    assert {name.partition("[")[2] for name in chosen} == {f"{value}]" for value in range(values)}
    assert len(runs(tests, 1)) == len(tests)


@pytest.mark.parametrize("mark", share.WHOLE)
def test_what_needs_servers_runs_whole(mark: str) -> None:
    assert len(runs([Named(f"a.py::test[{value}]", mark) for value in range(9)], 4)) == 9
