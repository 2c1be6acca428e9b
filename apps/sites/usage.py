"""How much of the disk each site takes: one after another, by the runner that is there for what takes long."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic

from django.db.models import F, Q, QuerySet
from django.utils.timezone import now

from apps.host.disk_usage import disk_usage
from apps.host.errors import HostError
from apps.host.host import Host
from apps.operations import sending
from apps.operations.chores import chore
from apps.operations.models import Operation
from apps.servers.models import Server
from apps.sites.models import Site, Usage

STALE = timedelta(hours=6)
TAKES = 20.0
"""Seconds after which a task begins with no further site: an import may be waiting for its turn."""
TASK = "sites.measure_disk"
logger = logging.getLogger(__name__)


@chore("disk-usage", every=300)
def wake_when_due(server: Server, host: Host) -> None:
    """Ask for a measuring where one is due and nothing else has the long runner's only hand: so one site at a time."""
    queue = f"server.{server.name}.long"
    at_work = Operation.objects.filter(queue=queue, status__in=Operation.DUE).exists()
    if not at_work and _due(server).exists():
        sending.wake(TASK, queue)


def measure(server: Server, host: Host) -> int:
    """Returns how many sites that were. One that cannot be measured has its turn again when the others had theirs."""
    until, done = monotonic() + TAKES, 0
    for site in _due(server):
        try:
            found = {"bytes": disk_usage(host.places.site(site.slug), host.users.identity(_owner(host, site)))}
        except HostError as error:
            logger.warning("%s is not measured: %s", site.slug, error)
            found = {}
        Usage.objects.update_or_create(site=site, defaults={**found, "measured_at": now()})
        done += bool(found)
        if monotonic() > until:
            break
    return done


def _due(server: Server) -> QuerySet[Site]:
    old = Q(usage=None) | Q(usage__measured_at__lt=now() - STALE)
    gone = (Site.Status.CREATING, Site.Status.DELETING, Site.Status.DELETED)
    there = Site.objects.filter(old, server=server).exclude(status__in=gone)
    return there.order_by(F("usage__measured_at").asc(nulls_first=True), "pk")


def _owner(host: Host, site: Site) -> str:
    return host.places.site_user(site.pk)
