"""Copies of backups, as a server makes them by itself: each completed one at each place, tried again if it failed."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils.timezone import now

from apps.backups.models import Backup, Copy, Target
from apps.host.host import Host
from apps.lifecycle.target import COPY, copy_backup
from apps.operations.chores import PANEL, chore, or_later
from apps.operations.models import Operation
from apps.servers.models import Server

OWN = (Backup.Reason.RESTORE, Backup.Reason.CLONE)
"""What serves one operation is not worth a copy."""
LONGEST_REST = timedelta(hours=6)


@chore("backup-copies", every=60)
def copy_what_is_missing(server: Server, host: Host) -> None:
    """Ask for one copy at a time to each place: the oldest that is not there yet."""
    for target in Target.objects.filter(server=server, active=True):
        busy = Operation.objects.filter(flow=COPY.name, status__in=Operation.LIVE, params__target_id=target.pk)
        if not busy.exists() and (backup := _next(target)):
            with or_later(f"{backup} is not copied to {target} yet"):
                copy_backup(PANEL, backup, target)


def _next(target: Target) -> Backup | None:
    there = Backup.objects.filter(server=target.server, status=Backup.Status.COMPLETED, removed_at=None, fault="")
    wanted = there.exclude(reason__in=OWN)
    if target.site_id:
        wanted = wanted.filter(site=target.site_id)
    known = {copy.backup_id: copy for copy in Copy.objects.filter(target=target)}
    for backup in wanted.filter(~Q(copies__target=target, copies__status=Copy.Status.DONE)).order_by("pk"):
        copy = known.get(backup.pk)
        if copy is None or now() - copy.at >= rest_after(copy.tries):
            return backup
    return None


def rest_after(tries: int) -> timedelta:
    """How long a place that failed is left alone: longer each time."""
    return min(timedelta(minutes=2 ** min(tries + 1, 10)), LONGEST_REST)
