"""What of the panel runs on this machine, where it listens, and how much memory it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from apps.host.host import Host
from apps.host.memory import memory_of
from apps.host.services import STARTED, Process, Services
from apps.operations.refusals import Refusal
from apps.servers.local import addresses
from apps.sites.models import Site
from apps.workers.roster import worker_of

KINDS = {"DATABASE_URL": "database", "CELERY_BROKER_URL": "broker"}
COLUMNS = ("name", "state", "pid", "memory_mb", "address")
ORDER = ("mariadb", "front", "web", "runner", "runner-long", "runner-cron", "beat")
MB = 1_000_000
Row = dict[str, Any]


def rows(host: Host, services: Services) -> list[Row]:
    """``{name state pid memory_mb address}`` of each server, then of each site that has or should have a worker."""
    running = sorted(services.processes(), key=lambda process: _place(process.name))
    return [*(_server(process) for process in running), *_outside(), *_sites(host)]


def _place(server: str) -> int:
    """In the order of starting; one that another version of the panel has started comes last."""
    return ORDER.index(server) if server in ORDER else len(ORDER)


def is_up(found: list[Row]) -> bool:
    """Whether there is something, and all of it runs."""
    return bool(found) and all(row["state"] == STARTED for row in found)


def _server(process: Process) -> Row:
    places = settings.PLACES
    addresses = {
        "mariadb": str(places.mysql_socket),
        "front": f"http://127.0.0.1:{settings.HTTP_PORT} https://127.0.0.1:{settings.HTTPS_PORT}",
        "web": f"https://{settings.PANEL_HOST}:{settings.HTTPS_PORT}",
    }
    return _row(process.name, process.state, process.pid, addresses.get(process.name, ""))


def _outside() -> Iterator[Row]:
    """The database and the broker that are others'."""
    try:
        addresses.must_answer()
        away = ""
    except Refusal as refusal:
        away = str(refusal)
    for name, address in addresses.outside().items():
        yield _row(KINDS[name], "AWAY" if address in away else STARTED, 0, address)


def _sites(host: Host) -> Iterator[Row]:
    try:
        sites = list(Site.objects.filter(server__name=settings.SERVER, port__isnull=False).select_related("runtime"))
    except DatabaseError:
        return  # nothing was ever started here
    for site in sites:
        should = site.status == Site.Status.ACTIVE
        if should or host.places.worker_pid(site.pk).exists():
            status = host.supervisor.status(worker_of(site, host))
            state = STARTED if status.running else "STOPPED"
            yield _row(f"site {site.slug}", state, status.pid or 0, f"{site.url} (127.0.0.1:{site.port})")


def _row(name: str, state: str, pid: int, address: str) -> Row:
    memory = round(memory_of(pid) / MB, 1) if pid else None
    return {"name": name, "state": state, "pid": pid or None, "memory_mb": memory, "address": address}
