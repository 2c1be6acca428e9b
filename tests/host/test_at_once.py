"""Several things at once: the first that fails ends the others, and their programs hold what the caller's would."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.host import oplock
from apps.host.at_once import BrokenOff, Look, at_once
from apps.host.command import holding, start
from apps.host.streams import at_ease


class Broken(Exception):
    pass


def on_and_on(look: Look) -> None:
    while True:
        look()
        time.sleep(0.01)


@pytest.fixture
def ended() -> Iterator[list[str]]:
    """How those that never end by themselves have ended."""
    found: list[str] = []
    threads = threading.active_count()
    yield found
    assert found == ["broken off"]
    assert threading.active_count() == threads


def watched(ended: list[str], look: Look) -> None:
    try:
        on_and_on(look)
    except BrokenOff:
        ended.append("broken off")
        raise


def test_the_first_that_fails_ends_the_others_and_is_what_is_told(ended: list[str]) -> None:
    def fails(look: Look) -> None:
        raise Broken("the first")

    with pytest.raises(Broken, match="the first"):
        at_once([lambda look: watched(ended, look), fails], at_ease)


def test_who_waits_can_break_all_of_it_off_in_his_own_thread(ended: list[str]) -> None:
    def waiting() -> None:
        assert threading.current_thread() is threading.main_thread()
        raise Broken

    with pytest.raises(Broken):
        at_once([lambda look: watched(ended, look)], waiting)


def test_all_of_it_is_over_when_it_returns() -> None:
    done: list[str] = []
    at_once([lambda look: done.append("one"), lambda look: done.append("two")], at_ease)
    at_once([], at_ease)
    assert sorted(done) == ["one", "two"]


def test_a_program_of_a_thread_holds_the_lock_that_its_caller_works_under(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = oplock.acquire(path)
    assert lock is not None

    def act(look: Look) -> None:
        with start(["sleep", "60"]) as program:
            held.append(oplock.has_inheritors(path))
            program.kill()

    held: list[bool] = []
    with holding(lock):
        at_once([act], at_ease)
    oplock.release(path, lock, remove=True)
    assert held == [True]
