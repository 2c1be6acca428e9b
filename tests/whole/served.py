"""A panel whose records are in a private PostgreSQL and whose messages go through a private Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

from tests.parts import postgresql, redis
from tests.parts.ground import open_folder
from tests.parts.postgresql import PostgreSQL, free_port
from tests.parts.redis import Redis
from tests.servers.own_panel import own_panel
from tests.whole.panel import Panel, addresses_of
from tests.whole.test_secrets import looking_on


@contextmanager
def a_database() -> Iterator[PostgreSQL]:
    with open_folder() as folder:
        server = PostgreSQL(folder / "postgresql", free_port())
        server.install()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def a_broker() -> Iterator[Redis]:
    server = Redis(free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def a_served_panel(database: PostgreSQL, broker: Redis) -> Iterator[Panel]:
    """With one site, elephant. Only its start is told the addresses, and nobody sees their passwords meanwhile."""
    with own_panel() as own:
        panel = Panel(own.root)
        addresses = addresses_of(database, broker, "panel")
        with looking_on("cmdline") as onlooker:
            panel.done("up", **addresses)
            asked = ["Elephant", "--kind", "custom", "--domain", "elephant.localhost", "--database", "--wait"]
            panel.done("site", "create", *asked)
        assert onlooker.has_seen("gunicorn") and onlooker.has_seen("elephant.localhost")
        for password in passwords_in(addresses):
            assert not onlooker.has_seen(password)
        yield panel
        panel.done("down")
        assert panel.wait_for_no_processes() == {}


def passwords_in(addresses: dict[str, str]) -> list[str]:
    """As they are, and as they stand in the addresses."""
    written = [str(urlsplit(address).password) for address in addresses.values()]
    return [postgresql.PASSWORD, redis.PASSWORD, quote(redis.PASSWORD), *written]
