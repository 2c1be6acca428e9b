"""A whole panel of the tests' own on this machine: made, used and taken down through ``./panel``, as a person does."""

from __future__ import annotations

import json
import os
import sqlite3
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from socket import create_connection
from typing import Any

import psycopg
import redis

from apps.host.services import Services
from tests import environment
from tests.parts.postgresql import PostgreSQL
from tests.parts.redis import Redis
from tests.servers.own_panel import CACHE, CHECKOUT, OwnPanel, own_panel

OURS = ("FRANKENPANEL_", "DJANGO_", "PYTEST_", "PYTHONPATH", "DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY")
"""What the tests have in their environment and a person has not."""
ROOT = os.geteuid() == 0


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Panel(OwnPanel):
    """``panel("site", "list")`` is ``./panel site list``. *addresses*: its database's and its broker's."""

    addresses: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: object, timeout: float = 300, **more: str) -> Said:
        done = subprocess.run(
            self.argv(*words),
            env=self.environment(**more),
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def argv(self, *words: object) -> list[str]:
        return [str(CHECKOUT / "panel"), *map(str, words)]

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        ours = {"FRANKENPANEL_ROOT": str(self.root), "FRANKENPANEL_CACHE": str(CACHE)}
        return {**kept, **ours, **self.addresses, **more}

    def done(self, *words: object, **more: str) -> Said:
        """The same, and it must have succeeded."""
        said = self(*words, timeout=300, **more)
        assert said.code == 0, said
        return said

    @property
    def https(self) -> int:
        return int(self.settings["FRANKENPANEL_HTTPS_PORT"])

    @property
    def site_ports(self) -> range:
        first, last = self.settings["FRANKENPANEL_SITE_PORTS"].split("-")
        return range(int(first), int(last) + 1)

    @property
    def services(self) -> Services:
        """supervisord, which keeps its servers up."""
        return Services(self.places, CHECKOUT)

    def records(self, query: str) -> list[tuple[Any, ...]]:
        """What a statement on its records returns, past the panel."""
        if self.addresses:
            with psycopg.connect(self.addresses["DATABASE_URL"]) as postgresql:
                done = postgresql.execute(query.encode())
                return done.fetchall() if done.description else []
        with closing(sqlite3.connect(self.root / "records" / "panel.sqlite3", timeout=20)) as sqlite, sqlite:
            return sqlite.execute(query).fetchall()

    def lose_messages(self) -> None:
        """All that wait at its broker."""
        if self.addresses:
            with redis.Redis.from_url(self.addresses["CELERY_BROKER_URL"]) as client:
                client.flushdb()
        else:
            for file in (self.root / "broker" / "messages").iterdir():
                file.unlink(missing_ok=True)

    def pid(self, server: str) -> int:
        return self.services.process(server).pid

    def ask(
        self, host: str, path: str, method: str = "GET", body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request to the front over TLS, which must be signed by the panel's own authority.

        A front that is just being loaded may close a connection that it has not answered; clients ask again then.
        """
        for _ in range(3 if method == "GET" else 0):
            try:
                return self._ask(host, path, method, body, headers)
            except ConnectionError:
                time.sleep(0.05)
        return self._ask(host, path, method, body, headers)

    def _ask(self, host: str, path: str, method: str, body: object, headers: dict[str, str] | None) -> Answer:
        text = None if body is None else json.dumps(body)
        told = {"Host": f"{host}:{self.https}", **({"Content-Type": "application/json"} if text else {})}
        trusted = ssl.create_default_context(cafile=str(self.places.internal_ca))
        connection = HTTPConnection(host, timeout=90)
        plain = create_connection(("127.0.0.1", self.https), 90)
        connection.sock = trusted.wrap_socket(plain, server_hostname=host)
        try:
            connection.request(method, path, text, {**told, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace"))
        finally:
            connection.close()


@contextmanager
def a_panel() -> Iterator[Panel]:
    """A panel that has never been started. Nothing of it is left behind, and no process may be.

    Where the tests run on PostgreSQL and Redis, so does the panel, with a database and a number of its own there.
    """
    with own_panel() as own:
        panel = Panel(own.root, addresses_of(environment.DATABASE, environment.BROKER, own.root.name))
        yield panel
        if panel.processes():
            panel.done("down")
        assert panel.wait_for_no_processes() == {}


def addresses_of(database: PostgreSQL | None, broker: Redis | None, name: str) -> dict[str, str]:
    """Those of an empty database *name*, and of the messages that nobody but a whole panel gets; none without both."""
    if database is None or broker is None:
        return {}
    return {"DATABASE_URL": database.make(name), "CELERY_BROKER_URL": f"{broker.address[:-1]}1"}


def until(condition: Callable[[], object], seconds: float = 60.0, what: str = "it") -> float:
    """Wait for *condition* to be true, and return the seconds that it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, f"{what} did not come about within {seconds:g} seconds"
        time.sleep(0.02)
    return time.monotonic() - begun
