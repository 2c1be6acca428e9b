"""A site's worker as the supervisor takes it."""

from __future__ import annotations

from pathlib import Path

from django.db.models import QuerySet

from apps.host.host import Host
from apps.host.supervisor import Worker
from apps.sites.models import Site

GRACE = 15.0
"""Seconds that running requests get before a worker is killed."""


def worker_of(site: Site, host: Host) -> Worker:
    places = host.places
    if site.port is None:
        raise ValueError(f"{site.slug} has no port, so it can have no worker")
    return Worker(
        site_id=site.pk,
        slug=site.slug,
        port=site.port,
        identity=host.users.identity(places.site_user(site.pk)),
        binary=Path(site.runtime.path),
        config=places.worker_config(site.pk),
        listen=places.worker_listen(site.pk),
        log=places.worker_log(site.slug),
        pid_file=places.worker_pid(site.pk),
        lock_file=places.worker_lock(site.pk),
        grace=GRACE,
    )


def active_workers(host: Host, server: str) -> list[Worker]:
    """The workers that ought to run on *server*: of sites that run, save what rests on purpose or is given up."""
    return [worker_of(site, host) for site in ought_to_run(server).select_related("runtime")]


def ought_to_run(server: str) -> QuerySet[Site]:
    running = Site.objects.filter(server__name=server, status__in=Site.RUNNING, port__isnull=False)
    return running.exclude(worker__stopped=True).exclude(worker__given_up_at__isnull=False)
