"""A Redis that is killed, emptied, full, or away: requests are accepted all the same, and what they ask for comes."""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

from tests.parts.redis import Redis
from tests.whole.panel import Answer, Panel
from tests.whole.test_runner_killed import held, look
from tests.whole.test_three_doors import Client

pytestmark = pytest.mark.host
WITHIN = 60.0
NUMBER = itertools.count(1)
Ask = Callable[[], Answer]


@pytest.fixture(scope="module")
def panel(served: Panel) -> Panel:
    return replace(served, addresses=json.loads((served.places.keys / "addresses.json").read_text()))


@pytest.fixture(scope="module")
def client(panel: Panel) -> Client:
    return Client(panel, "site:create", "site:read", "operation:read")


@pytest.fixture
def ask(client: Client) -> Ask:
    """Asks for a further site."""

    def asked() -> Answer:
        name = f"broker-{next(NUMBER)}"
        answer = client("POST", "/sites/", {"name": name, "kind": "custom", "domain": f"{name}.localhost"})
        assert answer.status == 202, answer
        return answer

    return asked


@contextmanager
def killed(broker: Redis) -> Iterator[None]:
    broker.stop()
    yield
    broker.start()


@contextmanager
def silent(broker: Redis) -> Iterator[None]:
    """It takes connections, and says nothing."""
    assert broker.process
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)


@contextmanager
def full(broker: Redis) -> Iterator[None]:
    """No message fits in it any more."""
    client = broker.client()
    client.config_set("maxmemory", 1)
    try:
        yield
    finally:
        client.config_set("maxmemory", broker.limit)


@pytest.fixture(autouse=True)
def _put_right(broker: Redis) -> Iterator[None]:
    yield
    if broker.process is None:
        broker.start()


def assert_comes(panel: Panel, answer: Answer) -> None:
    """The operation ends well, in the journal and on the machine."""
    said = panel("operation", "watch", answer.json["operation"]["id"], "--format", "json", timeout=WITHIN)
    assert (said.json["status"], said.json["error"]) == ("done", ""), said
    assert panel.ask(answer.json["site"]["domains"][0], "/").status == 200
    assert (f"site:{answer.json['site']['id']}",) not in held(panel)


@pytest.mark.parametrize("fault", [killed, silent, full])
def test_a_request_is_accepted_while_the_broker_takes_no_message_and_runs_when_it_is_back(
    panel: Panel, broker: Redis, ask: Ask, fault: Callable[[Redis], AbstractContextManager[None]]
) -> None:
    with fault(broker):
        answer = ask()
    assert_comes(panel, answer)


def test_a_creation_goes_on_while_the_broker_is_away(panel: Panel, broker: Redis, ask: Ask) -> None:
    """The sweepers carry out what no message tells of."""
    with killed(broker):
        assert_comes(panel, ask())


def test_creations_under_way_survive_a_broker_that_is_killed_and_comes_back_empty(
    panel: Panel, broker: Redis, ask: Ask
) -> None:
    answers = [ask() for _ in range(4)]
    with killed(broker):
        pass
    for answer in answers:
        assert_comes(panel, answer)


def test_messages_that_are_flushed_are_not_missed(panel: Panel, broker: Redis, ask: Ask) -> None:
    before = look(panel)
    answers = [ask() for _ in range(4)]
    broker.client().flushall()
    for answer in answers:
        assert_comes(panel, answer)
    assert len(look(panel)["processes"]) == len(before["processes"]) + len(answers)
