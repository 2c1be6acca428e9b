"""The fifteen lines of "1. Site Creation": each is seen outside the panel, and is missed where nothing carries it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import MySQLdb
import pytest
from django.test import Client

from apps.databases.steps import CreateDatabase
from apps.domains.steps import ReloadCaddy, WriteCaddyfile
from apps.host.host import Host
from apps.sites.models import Site
from apps.sites.steps import CreateSiteDirectory, WriteSiteConfig
from apps.workers.steps import StartWorker, WriteWorkerConfig
from tests.lifecycle.creation import FACTS, Created, clear, create
from tests.lifecycle.seed import numbered_lines
from tests.parts.front import RunningFront

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
LINES = numbered_lines("Site Lifecycle / 1. Site Creation")


def nothing(*args: Any, **kwargs: Any) -> None:
    """In place of what carries a line."""


def unchecked(value: Any, **kwargs: Any) -> Any:
    return value


class AnyKind:
    def __class_getitem__(cls, key: str) -> Any:
        return None


CARRIERS: dict[int, tuple[Any, str, Callable[..., Any]]] = {
    1: ("apps.sites.api", "create_site", nothing),
    2: ("apps.lifecycle.site", "check_name", unchecked),
    3: ("apps.lifecycle.site", "require", nothing),
    4: ("apps.lifecycle.site", "unique_slug", lambda name: "seed-shop"),
    5: ("apps.lifecycle.site", "next_free_port", nothing),
    6: (CreateSiteDirectory, "do", nothing),
    7: (Site, "save", nothing),
    8: ("apps.lifecycle.site", "claim_domain", nothing),
    9: (CreateDatabase, "do", nothing),
    10: (WriteSiteConfig, "do", nothing),
    11: (WriteWorkerConfig, "do", nothing),
    12: (WriteCaddyfile, "do", nothing),
    13: (StartWorker, "do", nothing),
    14: (ReloadCaddy, "do", nothing),
    15: ("apps.sites.api", "accepted", lambda operation: {"operation": {}, "site": {}}),
}


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.operations.sending.send", lambda pk, queue, after=0.0: None)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def clean(machine: Host) -> Iterator[None]:
    yield
    clear(machine)


def test_every_line_has_a_fact_and_a_carrier() -> None:
    assert sorted(FACTS) == sorted(CARRIERS) == sorted(LINES)


@pytest.mark.usefixtures("clean")
def test_every_line_is_seen_outside(client: Client, machine: Host, parts: RunningFront) -> None:
    created = create(client, machine, parts)
    for fact in FACTS.values():
        fact(created)


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("number", LINES, ids=lambda number: f"{number} {LINES[number][:40]}")
def test_a_line_that_nothing_carries_is_missed(
    number: int, client: Client, machine: Host, parts: RunningFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.domains.steps.CERTIFIED_WITHIN", 1.0)  # nobody serves a name that is in no Caddyfile
    owner, name, instead = CARRIERS[number]
    monkeypatch.setattr(owner if not isinstance(owner, str) else f"{owner}.{name}", *(
        (instead,) if isinstance(owner, str) else (name, instead)
    ))
    created: Created = create(client, machine, parts)
    with pytest.raises((AssertionError, KeyError, TypeError, IndexError, OSError, MySQLdb.Error)):
        FACTS[number](created)
    monkeypatch.undo()
