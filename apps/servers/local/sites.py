"""All sites of this machine at once: started with the panel, and stopped with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from apps.host.errors import HostError
from apps.host.host import Host
from apps.host.supervisor import Worker
from apps.sites.models import Site
from apps.workers.roster import worker_of

AT_ONCE = 4


def started_workers(host: Host) -> list[Worker]:
    """The workers that may run: those of all sites whose PID file is there, whatever their state."""
    sites = Site.objects.filter(server__name=settings.SERVER, port__isnull=False).select_related("runtime")
    return [worker_of(site, host) for site in sites if host.places.worker_pid(site.pk).exists()]


def start(host: Host, workers: Iterable[Worker]) -> list[str]:
    """Start *workers*, some at a time. Returns a sentence for each that does not start: the others shall."""

    def one(worker: Worker) -> None:
        host.files.make_runtime(worker.site_id, worker.identity)  # a reboot empties the folder of the sockets
        host.supervisor.start(worker)

    return _each(workers, one)


def stop(host: Host, workers: Iterable[Worker]) -> list[str]:
    """Stop *workers*, all at once: each may have requests to end."""
    return _each(workers, host.supervisor.stop)


def _each(workers: Iterable[Worker], act: Callable[[Worker], None]) -> list[str]:
    def one(worker: Worker) -> str:
        try:
            act(worker)
        except HostError as error:
            return f"{worker.slug}: {error}"
        return ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [failure for failure in pool.map(one, workers) if failure]
