"""What of the backups needs a hand: those that failed, that nobody made, or that are not what they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Max, Q
from django.utils.timezone import now

from apps.backups.models import Backup, Copy, Schedule, Target
from apps.backups.panel import DAY, panel_backups
from apps.backups.recovery import recovery_of
from apps.lifecycle.backup import SAVABLE
from apps.notices.watching import Found, watch
from apps.servers.models import Server

COUNTED = (Backup.Reason.ASKED, Backup.Reason.SCHEDULED)
"""What serves another operation fails with that one, before the eyes of whoever asked for it."""
LATE = timedelta(hours=1)


@watch("backup.failed", "A backup failed")
def failed(server: Server) -> Iterator[Found]:
    """The newest of a site: so it is over when the next one goes well."""
    ended = Backup.objects.filter(server=server, site__isnull=False, reason__in=COUNTED)
    ended = ended.exclude(status=Backup.Status.IN_PROGRESS)
    newest = ended.order_by().values("site").annotate(newest=Max("pk")).values("newest")
    for backup in Backup.objects.filter(pk__in=newest, status=Backup.Status.FAILED):
        yield Found(backup, backup.site_id, "failed", f"{backup.slug} was not backed up: {backup.fault}")


@watch("backup.panel", "The panel is not saved")
def panel_failed(server: Server) -> Iterator[Found]:
    """Its own backup, where there is a recovery key for it: the newest failed, or none was made for two days."""
    newest = panel_backups(server).exclude(status=Backup.Status.IN_PROGRESS).first()
    if newest is not None and newest.status == Backup.Status.FAILED:
        yield Found(newest, None, "failed", f"The panel on {server} was not saved: {newest.fault}")
    elif newest is not None and recovery_of(server) and newest.created_at < now() - 2 * DAY:
        yield Found(server, None, "late", f"The panel on {server} was last saved on {newest.created_at:%F}.")


@watch("backup.missed", "A backup was missed")
def missed(server: Server) -> Iterator[Found]:
    """Its time passed and none was made: the panel was down, or something has been in its way ever since."""
    late = Q(missed__gt=0) | Q(due_at__lt=now() - LATE)
    schedules = Schedule.objects.filter(late, site__server=server, site__status__in=SAVABLE)
    for schedule in schedules.select_related("site"):
        since = schedule.missed_since or schedule.due_at
        told = f"{schedule.site.slug} was to be backed up at {since:%Y-%m-%d %H:%M} UTC, and was not."
        yield Found(schedule, schedule.site_id, f"{since:%FT%T}", told)


@watch("backup.broken", "A backup is broken")
def broken(server: Server) -> Iterator[Found]:
    """It was listed as good, until it was read in full, or a copy of its site was started from it."""
    there = Backup.objects.filter(server=server, status=Backup.Status.COMPLETED, removed_at=None)
    for backup in there.exclude(fault=""):
        yield Found(backup, backup.site_id, "broken", f"{backup.file} cannot be relied upon: {backup.fault}")


@watch("backup.not-copied", "Backups are not copied")
def not_copied(server: Server) -> Iterator[Found]:
    """Told once for each place, however many wait for it: one that is being tried again still fails."""
    waiting = Q(copies__status=Copy.Status.FAILED) | Q(copies__status=Copy.Status.PENDING, copies__tries__gt=0)
    targets = Target.objects.filter(waiting, server=server, active=True).annotate(last=Max("copies__pk"))
    faults = dict(Copy.objects.filter(pk__in=[one.last for one in targets]).values_list("target_id", "fault"))
    for target in targets:
        told = f"Backups cannot be copied to {target}: {faults.get(target.pk) or 'it is being tried again.'}"
        yield Found(target, target.site_id, "failed", told)
