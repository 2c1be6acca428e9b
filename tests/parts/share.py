"""A share of each test's parameters, for runs on what they do not differ in.

``TESTS_SHARE=4``: a test that needs no server runs with its first values and every fourth of the others, the next test
with others. So do the runs on other Pythons and on PostgreSQL; every value runs on SQLite with the first Python. What
is marked ``values`` is about what a database makes of them, and runs whole on PostgreSQL too.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from zlib import crc32

import pytest

WHOLE = ("host", "values") if os.environ.get("TESTS_ON") == "postgresql" else ("host",)


def left_out(tests: Iterable[pytest.Item], each: int) -> list[pytest.Item]:
    """Those that do not run, where one of *each* does. At least one of every function stays."""
    own = [test for test in tests if not any(test.get_closest_marker(mark) for mark in WHOLE)]
    many, place, out = Counter(map(_function, own)), Counter[str](), list[pytest.Item]()
    for test in own:
        name = _function(test)
        if place[name] % each != crc32(name.encode()) % min(each, many[name]):
            out.append(test)
        place[name] += 1
    return out


def _function(test: pytest.Item) -> str:
    return test.nodeid.partition("[")[0]
