"""PostgreSQL stopped at once while real runners create a site: they neither die of it nor take the site back."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from tests.parts.postgresql import PostgreSQL
from tests.whole.orders import obedient_runners
from tests.whole.panel import Panel, until
from tests.whole.test_runner_killed import Creation

pytestmark = pytest.mark.host
AWAY = 11.0
"""Seconds: the sweeper looks twice meanwhile, so that each process of the pool has met it."""


def test_a_creation_goes_on_without_a_hand_and_without_a_message_when_the_database_is_back(
    served: Panel, database: PostgreSQL
) -> None:
    panel = replace(served, addresses=json.loads((served.places.keys / "addresses.json").read_text()))
    with obedient_runners(panel) as orders:
        runner = panel.pid("runner")
        orders.give("mysql.account-made", "stop")
        creation = Creation(panel)
        until(lambda: orders.obeyed("stop"), what="the database's account")
        database.stop()
        try:
            orders.wake()
            time.sleep(AWAY)
        finally:
            database.start()
        panel.lose_messages()
        assert creation.ends()["status"] == "done"
        creation.assert_complete()
        assert panel.pid("runner") == runner, "it was started anew"
