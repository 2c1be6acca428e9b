"""A server's own chores: at their interval, by one runner, and none is lost with another's fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from apps.operations import chores
from apps.operations.chores import chore, do_what_is_due
from apps.operations.models import Chore
from apps.servers.models import Server
from tests.make import a_server

pytestmark = [pytest.mark.backend, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(chores, "CHORES", {})
    yield a_server()


def nothing() -> Any:
    return None


def counting(name: str, every: float = 60) -> list[str]:
    done: list[str] = []
    chore(name, every=every)(lambda server, host: done.append(server.name))
    return done


def test_a_chore_is_done_at_once_and_then_at_its_interval() -> None:
    done = counting("toy")
    assert [do_what_is_due(nothing) for _ in range(3)] == [["toy"], [], []]
    Chore.objects.update(due_at=now() - timedelta(seconds=1))
    assert do_what_is_due(nothing) == ["toy"]
    assert done == ["local", "local"]


def test_two_runners_at_once_do_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done = counting("toy")
    do_what_is_due(nothing)
    Chore.objects.update(due_at=now() - timedelta(seconds=1))
    found: Callable[..., Any] = Chore.objects.get_or_create

    def the_other_comes_first(**words: Any) -> Any:
        row = found(**words)
        Chore.objects.update(due_at=now() + timedelta(seconds=60))
        return row

    monkeypatch.setattr(type(Chore.objects), "get_or_create", lambda self, **words: the_other_comes_first(**words))
    assert do_what_is_due(nothing) == []
    assert len(done) == 1


def test_a_time_that_another_clock_wrote_puts_nothing_off() -> None:
    done = counting("toy")
    do_what_is_due(nothing)
    Chore.objects.update(due_at=now() + timedelta(days=1))
    do_what_is_due(nothing)
    assert len(done) == 2


def test_one_that_fails_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    @chore("broken", every=1)
    def broken(server: Server, host: Any) -> None:
        raise ValueError("broken")

    done = counting("toy")
    assert do_what_is_due(nothing) == ["broken", "toy"]
    assert len(done) == 1
    assert "the chore broken of local has a fault" in caplog.text


def test_a_server_that_is_not_set_up_has_none() -> None:
    counting("toy")
    Server.objects.all().update(name="other")
    assert do_what_is_due(nothing) == []
