"""What a server does for its sites' databases by itself."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic

from django.db.models import F, Q, QuerySet
from django.utils.timezone import now

from apps.databases.models import Database, Export
from apps.host.errors import HostError
from apps.host.host import Host
from apps.operations.chores import chore
from apps.operations.models import Operation
from apps.servers.models import Server
from apps.sites.models import Site

logger = logging.getLogger(__name__)
USABLE = (Site.Status.ACTIVE, Site.Status.INACTIVE, Site.Status.MAINTENANCE, Site.Status.SUSPENDED)
"""States of a site in which its folder is where it belongs."""
TAKES = 1.0
"""Seconds that a chore may take; what is left is done the next time."""
STALE = timedelta(hours=1)
NEWEST = 5
"""Exports that are kept of one database, whatever their time."""
WANTING = ("database.import", "backup.import")
FORGOTTEN = 3600.0
"""Seconds after which an upload that no operation wants goes."""


@chore("database-sizes", every=60)
def measure(server: Server, host: Host) -> None:
    """Write down how large each database is: those first that were never measured, or the longest ago."""
    until = monotonic() + TAKES
    old = Q(measured_at=None) | Q(measured_at__lt=now() - STALE)
    there = Database.objects.filter(old, site__server=server).exclude(status=Database.Status.CREATING)
    for pk, name in there.order_by(F("measured_at").asc(nulls_first=True)).values_list("pk", "name"):
        size = host.schemas.size(name)
        Database.objects.filter(pk=pk).update(bytes=size.bytes, tables=size.tables, measured_at=now())
        if monotonic() > until:
            return


@chore("old-exports", every=300)
def remove_old_exports(server: Server, host: Host) -> None:
    """Remove exports whose time has passed, and all but the newest of each database. The site may have done so."""
    until = monotonic() + TAKES
    exports = Export.objects.filter(site__server=server, site__status__in=USABLE).exclude(bytes=None)
    for export in [*exports.filter(until__lt=now()), *_more_than_enough(exports)]:
        try:
            owner = host.users.identity(host.places.site_user(export.site_id))
            host.site_files.remove(owner, export.site.slug, export.path)
            export.delete()
        except HostError as error:
            logger.warning("%s is not removed yet: %s", export, error)
        if monotonic() > until:
            return


def _more_than_enough(exports: QuerySet[Export]) -> list[Export]:
    seen: dict[int | None, int] = {}
    spare: list[Export] = []
    for export in exports.filter(until__gte=now()).order_by("-id"):
        seen[export.database_id] = seen.get(export.database_id, 0) + 1
        if export.database_id is not None and seen[export.database_id] > NEWEST:
            spare.append(export)
    return spare


@chore("spool", every=600)
def forget_uploads(server: Server, host: Host) -> None:
    """Remove what was sent for an import that has ended, or never began."""
    live = Operation.objects.filter(flow__in=WANTING, status__in=Operation.LIVE)
    wanted = {str(operation.params.get(name)) for operation in live for name in ("upload", "dump_upload")}
    host.spool.forget(but=wanted, older=FORGOTTEN)
