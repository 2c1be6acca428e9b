"""Loaded before anything else: the tests have a root and ports of their own, and nothing of their caller's.

With ``TESTS_ON=postgresql`` the records are in a PostgreSQL and the messages in a Redis, both private and real.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from apps.host.apart import set_apart
from tests.parts.postgresql import PostgreSQL, free_port
from tests.parts.redis import Redis

FOREIGN = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "CACHE_URL")
PORTS = 100
BELOW_THE_EPHEMERAL = range(20_000, 32_000, PORTS)
DATABASE: PostgreSQL | None = None
BROKER: Redis | None = None
"""The private servers of ``TESTS_ON=postgresql``; a test may stop them, and starts them again."""


def _fresh() -> None:
    for name in [name for name in os.environ if name.startswith("FRANKENPANEL_") and name != "FRANKENPANEL_CACHE"]:
        del os.environ[name]
    for name in FOREIGN:
        os.environ.pop(name, None)
    root = Path(tempfile.mkdtemp(prefix="fpt-", dir="/var/tmp"))
    root.chmod(0o755)  # site users must be able to walk through it
    set_apart(root)
    for folder in ("locks", "records", "static"):
        (root / folder).mkdir(mode=0o700)
    first = _range()
    os.environ |= {
        "FRANKENPANEL_ROOT": str(root),
        "FRANKENPANEL_RUN": str(root / "run"),
        "FRANKENPANEL_HTTP_PORT": str(free_port()),
        "FRANKENPANEL_HTTPS_PORT": str(free_port()),
        "FRANKENPANEL_SITE_PORTS": f"{first}-{first + PORTS - 1}",
        "FRANKENPANEL_UNAVAILABLE_SECONDS": "3",
        "FRANKENPANEL_ROTATION_SECONDS": "0",
        "CELERY_BROKER_URL": "memory://",
    }
    os.environ.setdefault("FRANKENPHP_BIN", _frankenphp())
    atexit.register(_remove, root, os.getpid())
    if not _only_hands_out():
        _choose(os.environ.get("TESTS_ON", "sqlite"), root)


def _only_hands_out() -> bool:
    """Whether this process runs no test itself, for its workers do (``pytest -n 2``): each has servers of its own."""
    return "-n" in sys.argv and "PYTEST_XDIST_WORKER" not in os.environ


def _range() -> int:
    """The first of PORTS that no other run of the tests has. Its last one stays bound as long as this run lives."""
    for number in range(len(BELOW_THE_EPHEMERAL)):
        first: int = BELOW_THE_EPHEMERAL[(os.getpid() + number) % len(BELOW_THE_EPHEMERAL)]
        guard = socket.socket()
        try:
            guard.bind(("127.0.0.1", first + PORTS - 1))
        except OSError:
            guard.close()
            continue
        atexit.register(guard.close)
        return first
    raise AssertionError("Every range of ports is another run's.")


def _choose(backend: str, root: Path) -> None:
    global DATABASE, BROKER
    if backend == "sqlite":
        return
    assert backend == "postgresql", f"TESTS_ON is sqlite or postgresql, not {backend!r}."
    DATABASE, BROKER = PostgreSQL(root / "postgresql", free_port()), Redis(free_port())
    DATABASE.install()
    DATABASE.start()
    BROKER.start()
    os.environ |= {"DATABASE_URL": DATABASE.make("panel"), "CELERY_BROKER_URL": BROKER.address}


def _remove(root: Path, owner: int) -> None:
    """By the process that made it: a forked child leaves it alone."""
    if os.getpid() == owner:
        for server in (DATABASE, BROKER):
            if server:
                server.stop()
        shutil.rmtree(root, ignore_errors=True)


def _frankenphp() -> str:
    """The one that ``./panel test`` found or built; without it the tests of the host say so."""
    cache = Path(os.environ.get("FRANKENPANEL_CACHE", "/var/cache/frankenpanel"))
    return max(map(str, (cache / "frankenphp").glob("*/frankenphp")), default="")


_fresh()
