"""A runner that is told to stop (SIGTERM, as at a reboot or an upgrade) ends the step that it is at, and no more."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.whole.orders import Orders, obedient_runners
from tests.whole.panel import Panel, until
from tests.whole.test_runner_killed import ACT, STEPS, Creation

pytestmark = [pytest.mark.host, pytest.mark.backend]
INSIDE = "mysql.account-made"


@pytest.fixture
def orders(panel: Panel) -> Iterator[Orders]:
    with obedient_runners(panel) as orders:
        yield orders


def test_a_step_that_is_at_work_when_the_runner_is_told_to_stop_ends_well(panel: Panel, orders: Orders) -> None:
    orders.give(INSIDE, "stop")
    creation = Creation(panel)
    until(lambda: orders.obeyed("stop"), what="the database's account")
    runner, child = panel.pid("runner"), orders.obeyed("stop")
    os.kill(runner, signal.SIGTERM)
    time.sleep(0.5)
    assert panel.pid("runner") == runner, "it did not wait for its step"
    begun = len(orders.passed(ACT))
    orders.wake()
    until(lambda: panel.pid("runner") not in (0, runner), what="the next runner")
    assert creation.ends()["status"] == "done"
    acts = orders.passed(ACT)
    assert (acts[begun], len(acts)) == (child, STEPS), "the step was begun a second time"
    creation.assert_complete()
