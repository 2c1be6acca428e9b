"""Which servers a panel consists of, and how each is started."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from apps.cron.waking import HANDS, queue_of
from apps.domains import serving
from apps.host import mariadb
from apps.host.caddy import Front
from apps.host.command import Identity
from apps.host.services import Service
from frankenpanel.places import Places

WEB, RUNNER, BEAT = ({"FRANKENPANEL_ROLE": role} for role in ("web", "runner", "beat"))
LEAN = {"MALLOC_ARENA_MAX": "2", "CELERY_SKIP_CHECKS": "1"}
"""One arena for each core and thread costs tens of megabytes in programs that need few of them; Django's checks would
load every page and form into programs that show none."""
CELERY = ("-m", "celery", "-A", "frankenpanel")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def services(frankenphp: Path, panel: Identity, *, separate: bool) -> list[Service]:
    """All of them, in the order in which they start. Only the runners are root's, where the panel is."""
    places, user = settings.PLACES, panel.name if separate else ""
    front = Front(places.front_admin, frankenphp).command(places.caddyfile, serving.sockets())
    return [
        Service("mariadb", mariadb.server(places), 10, user, bare=True, grace=60),
        Service("front", front, 20, user, bare=True, env={"HOME": str(places.caddy_storage)}),
        Service("web", _web(places), 30, user, env={**WEB, **LEAN}),
        *_runners(),
        Service("beat", _beat(places), 50, user, env={**BEAT, **LEAN}),
    ]


def _runners() -> Iterator[Service]:
    queue = f"server.{settings.SERVER}"
    for name, queues, kind, concurrency in (
        ("runner", f"{queue},{queue}.ask", "prefork", 2),
        ("runner-long", f"{queue}.long", "prefork", 1),
        ("runner-cron", queue_of(settings.SERVER), "threads", HANDS),  # its hands wait for others all the time
    ):
        pool = ["-P", kind, "-c", str(concurrency), "-n", f"{name}@{settings.SERVER}"]
        argv = [sys.executable, *CELERY, "worker", "-Q", queues, *pool, *QUIET]
        yield Service(name, argv, 40, env={**RUNNER, **LEAN}, grace=30)


def _web(places: Places) -> list[str | Path]:
    socket = places.run / "panel" / "web.sock"
    threads = ["--workers", "2", "--threads", "4", "--preload", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", "frankenpanel.wsgi", *threads, "--bind", f"unix:{socket}"]


def _beat(places: Places) -> list[str | Path]:
    schedule = places.root / "beat" / "schedule"
    return [sys.executable, *CELERY, "beat", "--schedule", schedule, "--pidfile", ""]
