"""Where a benchmark's records and messages are: the embedded ones, or a private PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.parts.postgresql import DURABLE, PostgreSQL, free_port
from tests.parts.redis import Redis

EMBEDDED, SERVERS = "sqlite", "postgresql"
BACKENDS = {EMBEDDED: "SQLite and a folder", SERVERS: "PostgreSQL and Redis"}


@contextmanager
def backends(on: str, root: Path) -> Iterator[Mapping[str, str]]:
    """The settings that lead to them. PostgreSQL's commits reach the disk, as they do in production."""
    if on == EMBEDDED:
        yield {}
        return
    database, broker = PostgreSQL(root / "postgresql", free_port(), DURABLE), Redis(free_port())
    try:
        database.install()
        database.start()
        broker.start()
        yield {"DATABASE_URL": database.make("panel"), "CELERY_BROKER_URL": broker.address}
    finally:
        broker.stop()
        database.stop()
