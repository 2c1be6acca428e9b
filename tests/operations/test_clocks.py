"""A runner whose clock is a day ahead, or a day behind: it takes nothing from others, and others can follow it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from apps.operations import engine
from apps.operations.run import Run
from tests.operations.killing import start_child
from tests.operations.shifted import FAKETIME, a_runner
from tests.operations.test_claims import until
from tests.operations.test_engine import be_away, no_host
from tests.operations.toys import Toy, a_toy_operation, toy_flow

pytestmark = [
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not FAKETIME.exists(), reason="install Debian's package faketime"),
]
shifted = pytest.mark.parametrize("shift", ["+1d", "-1d"])
DAY = 86_400


def seen(diary: Path) -> list[float]:
    return [float(line) for line in diary.read_text().splitlines()] if diary.exists() else []


@shifted
def test_a_runner_with_another_clock_does_its_work(tmp_path: Path, shift: str) -> None:
    with toy_flow(Toy("one"), Toy("two")):
        operation = a_toy_operation()
        a_runner(shift, operation.pk, tmp_path / "diary", tries=2)
    operation.refresh_from_db()
    assert operation.status == "done"
    acts = seen(tmp_path / "diary")
    assert len(acts) == 2
    assert all(abs(at - time.time()) > DAY / 2 for at in acts), "its clock was ours"


@shifted
def test_a_runner_with_our_clock_goes_on_at_once_where_another_left_off(tmp_path: Path, shift: str) -> None:
    with toy_flow(Toy("one"), Toy("two")):
        operation = a_toy_operation()
        a_runner(shift, operation.pk, tmp_path / "diary")
        assert engine.advance(operation.pk, no_host) == "done"
        assert Toy.said[-1] == "finish"


@shifted
def test_a_runner_with_another_clock_takes_nothing_from_a_living_one(tmp_path: Path, shift: str) -> None:
    begun = tmp_path / "begun"

    def act(run: Run) -> None:
        begun.touch()
        time.sleep(0.2)

    with toy_flow(Toy("one", act), Toy("two")):
        operation = a_toy_operation()
        child = start_child(lambda: engine.advance(operation.pk, no_host))
        until(begun.exists)
        os.kill(child, signal.SIGSTOP)
        try:
            a_runner(shift, operation.pk, tmp_path / "diary", tries=2)
        finally:
            os.kill(child, signal.SIGCONT)
        assert os.waitpid(child, 0)[1] == 0
    assert seen(tmp_path / "diary") == []
    assert [line.status for line in operation.lines.all()] == ["done"]


@shifted
def test_two_clocks_do_not_use_up_the_patience_with_a_part_that_is_away(tmp_path: Path, shift: str) -> None:
    """Three seconds, in these tests: what one clock wrote is no day to the other."""
    (tmp_path / "away").touch()
    with toy_flow(Toy("one", be_away), Toy("two")):
        operation = a_toy_operation()
        a_runner(shift, operation.pk, tmp_path / "diary")
        operation.refresh_from_db()
        assert (operation.status, operation.error) == ("running", "")
        until(lambda: engine.advance(operation.pk, no_host) != "nothing due")
        operation.refresh_from_db()
    assert operation.trouble_since is not None
    assert abs(operation.trouble_since.timestamp() - time.time()) < DAY / 2
