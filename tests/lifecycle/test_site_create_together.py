"""Several sites at once: whoever comes to the front first loads it for all whose workers run."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from apps.host.caddy import Front
from apps.host.host import Host
from tests.lifecycle.driving import ask, drive
from tests.parts.front import RunningFront

pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]


@pytest.mark.usefixtures("before")
def test_one_load_of_the_front_serves_all_whose_workers_run(machine: Host, parts: RunningFront) -> None:
    names = ("Ada", "Bea", "Cleo")
    ready = [drive(ask(name, database=False), machine, before="caddy-reload") for name in names]
    with patch.object(Front, "load", autospec=True, side_effect=Front.load) as load:
        done = [drive(operation, machine) for operation in ready]
    assert {operation.status for operation in done} == {"done"}
    assert load.call_count == 1
    for name in names:
        assert name in parts.get(f"{name.lower()}.localhost").body


@pytest.mark.usefixtures("before")
def test_a_worker_that_starts_after_a_load_is_loaded_by_itself(machine: Host, parts: RunningFront) -> None:
    late = drive(ask("Late", database=False), machine, before="worker-start")
    drive(ask("Early", database=False), machine)
    assert parts.get("late.localhost").status == 503
    assert drive(late, machine).status == "done"
    assert "Late" in parts.get("late.localhost").body
