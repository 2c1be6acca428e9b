"""The lost panel's records, brought to what is true of a machine that has nothing yet: before anything is started."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction
from django.utils.timezone import now

from apps.backups.models import Backup, Copy, Target
from apps.backups.panel import postgresql
from apps.databases.models import Database
from apps.domains.models import Domain
from apps.host.errors import Refused
from apps.operations.models import Hold, Operation, Question, StepRun
from apps.servers.local.recovery.marker import Marker
from apps.servers.local.recovery.placing import DUMP
from apps.servers.models import Server
from apps.sites.models import Site

LOST = "The machine was lost before this had ended."
GONE = (Site.Status.DELETED,)
UNFINISHED = (Site.Status.CREATING, Site.Status.DELETING)
CHUNK = 1 << 20


def load_records(marker: Marker) -> None:
    """PostgreSQL's, out of the dump that was placed, into a database that has nothing in it; once."""
    dump = settings.ROOT / DUMP
    if connection.vendor != "postgresql" or marker.read().get("loaded"):
        return
    if connection.introspection.table_names():
        raise Refused("The database has something in it: records are loaded only into an empty one. Set DATABASE_URL.")
    connection.close()
    with dump.open("rb") as file:
        postgresql().load(iter(lambda: file.read(CHUNK), b""))
    marker.write(loaded=True)
    dump.unlink()


def settle(server: Server, marker: Marker) -> None:
    """Write down which sites there were and how, then say of each that it is not there. Once."""
    told = marker.read()
    if "sites" not in told:
        sites = Site.objects.filter(server=server).exclude(status__in=GONE).order_by("pk")
        last = Operation.objects.order_by("pk").last()
        marker.write(sites={str(site.pk): _status(site) for site in sites}, back=[], since=last.pk if last else 0)
    if not told.get("settled"):
        with transaction.atomic():
            _end_operations(server)
            _nothing_is_there(server)
        marker.write(settled=True)


def _status(site: Site) -> str:
    """What it shall be again. One that was being made, or removed, is stopped: somebody has to look."""
    return str(Site.Status.INACTIVE if site.status in UNFINISHED else site.status)


def _end_operations(server: Server) -> None:
    """Whatever was under way has ended with the machine."""
    live = Operation.objects.filter(server=server, status__in=(*Operation.LIVE, Operation.Status.STUCK))
    begun = (StepRun.Status.RUNNING, StepRun.Status.AGAIN)
    StepRun.objects.filter(operation__in=live, status__in=begun).update(status=StepRun.Status.FAILED, error=LOST)
    Hold.objects.filter(operation__in=live).delete()
    facts = {"error": LOST, "ended_at": now(), "reason": "", "claimed_by": "", "lease_until": None}
    live.update(status=Operation.Status.UNDONE, **facts)
    Question.objects.filter(server=server).delete()


def _nothing_is_there(server: Server) -> None:
    """No archive but those at buckets and SSH servers, no name at the front, no file of a site."""
    Backup.objects.filter(server=server, status=Backup.Status.IN_PROGRESS).update(
        status=Backup.Status.FAILED, fault=LOST
    )
    elsewhere = Copy.objects.filter(status=Copy.Status.DONE).exclude(target__kind=Target.Kind.FOLDER)
    here = Backup.objects.filter(server=server, removed_at=None).exclude(pk__in=elsewhere.values("backup"))
    here.update(removed_at=now())
    Domain.every.filter(site__server=server).update(served=False, loaded=False)
    Database.objects.filter(site__server=server).update(sealed_pending="")
    lost = Site.objects.filter(server=server).exclude(status__in=GONE)
    lost.update(status=Site.Status.CREATING, front=Site.Front.STARTING)
