"""What the workers of a server did, written down each minute: minutes are kept for a day, hours for a month."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic

from django.db.models import F, Q
from django.utils.timezone import now

from apps.host import worker_metrics
from apps.host.host import Host
from apps.host.worker_metrics import Reading
from apps.operations.chores import chore
from apps.servers.models import Server
from apps.sites.disk import with_disk
from apps.sites.models import Site
from apps.workers.models import Sample
from apps.workers.roster import ought_to_run
from apps.workers.writing import write_down

EACH = timedelta(seconds=55)
AT_ONCE, BATCH = 8, 40
LONGEST = 1.0
"""Seconds that one look takes: what is left is for the next one, the longest unmeasured first."""
KEPT = {Sample.Span.MINUTE: timedelta(hours=25), Sample.Span.HOUR: timedelta(days=31)}


def sample_workers(server: Server, host: Host) -> int:
    """Measure those whose minute is over. Five queries for each BATCH of them. Returns how many it was."""
    until, done = monotonic() + LONGEST, 0
    while monotonic() < until and (sites := _due(server)):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(zip(sites, pool.map(lambda site: _read(site, host), sites), strict=True))
        write_down(found)
        done += len(sites)
    return done


chore("sample-workers", every=2)(sample_workers)


@chore("prune-samples", every=600)
def prune_samples(server: Server, host: Host) -> None:
    for span, age in KEPT.items():
        Sample.objects.filter(site__server=server, span=span, at__lt=now() - age).delete()


def _due(server: Server) -> list[Site]:
    unmeasured = Q(worker__measured_at=None) | Q(worker__measured_at__lt=now() - EACH)
    due = with_disk(ought_to_run(server.name)).filter(unmeasured).select_related("worker")
    return list(due.order_by(F("worker__measured_at").asc(nulls_first=True), "pk")[:BATCH])


def _read(site: Site, host: Host) -> Reading | None:
    places = host.places
    uid = host.users.identity(places.site_user(site.pk)).uid
    return worker_metrics.read(places.metrics_socket(site.pk), places.worker_pid(site.pk), uid)
