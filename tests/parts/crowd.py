"""Many active sites at once, by their records and their workers' files: this process stands for each worker."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from apps.host.supervisor.processes import boot_id, process
from apps.servers.models import Server
from apps.sites.models import Site

PLACES = settings.PLACES


@contextmanager
def a_crowd(number: int) -> Iterator[list[int]]:
    """*number* of them, by their ids. Their locks are held; all of it is gone afterwards."""
    server = Server.objects.get(name=settings.SERVER)
    facts = {"kind": "custom", "status": "active", "server": server, "runtime": server.runtimes.first()}
    Site.objects.bulk_create(
        Site(slug=f"crowd-{n}", name=f"Crowd {n}", port=40_000 + n, front="up", **facts) for n in range(number)
    )
    pks = list(Site.objects.filter(slug__startswith="crowd-").values_list("pk", flat=True))
    held = [_as_if_it_ran(pk) for pk in pks]
    try:
        yield pks
    finally:
        for descriptor in held:
            os.close(descriptor)
        for pk in pks:
            PLACES.worker_lock(pk).unlink()
            PLACES.worker_pid(pk).unlink()
        Site.objects.filter(pk__in=pks).delete()


def _as_if_it_ran(pk: int) -> int:
    me = process(os.getpid())
    assert me is not None
    PLACES.worker_pid(pk).write_text(f"{me.pid}\n{me.started}\n{boot_id()}\ntoken\n")
    descriptor = os.open(PLACES.worker_lock(pk), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor
