"""What a server does for its sites' backups by itself: makes those that are due, removes what may go, proves the rest.

What is busy just now is asked for again the next time.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Max, Q
from django.utils.timezone import now

from apps.backups.clock import delay_of, next_time
from apps.backups.due import missed
from apps.backups.models import Backup, Schedule
from apps.backups.pruning import what_may_go
from apps.cron.records import zone_of
from apps.host.host import Host
from apps.lifecycle.backup import SAVABLE, back_up_by_schedule, delete_backup, note_refused
from apps.lifecycle.drill import DRILL, drill_backup
from apps.operations.chores import PANEL, chore, or_later
from apps.operations.models import Operation
from apps.operations.refusals import Full
from apps.servers.models import Server

PROVEN_FOR = timedelta(days=7)
AT_ONCE = 20
"""Backups that are asked for in one look: a thousand that are due together wait in line all the same."""


@chore("backups-due", every=60)
def make_what_is_due(server: Server, host: Host) -> None:
    """Ask for each backup whose time has come, and set the next time, whether or not others were missed before."""
    due = Schedule.objects.filter(site__server=server, site__status__in=SAVABLE, due_at__lte=now())
    for schedule in due.select_related("site__server").order_by("due_at")[:AT_ONCE]:
        _prune(schedule)
        with or_later(f"{schedule} is not backed up yet"):
            _make(schedule)
            _set_next(schedule)


def _make(schedule: Schedule) -> None:
    """One that there is no room for, as its site is limited, stands in the list as any that failed."""
    try:
        back_up_by_schedule(PANEL, schedule.site)
    except Full as refusal:
        note_refused(schedule.site, str(refusal))


def _set_next(schedule: Schedule) -> None:
    at = now()
    passed = missed(schedule.schedule, zone_of(schedule.site), schedule.since, at, delay_of(schedule))
    count, since = (passed.count, passed.since) if passed else (0, None)
    facts = {"due_at": next_time(schedule, at), "since": at, "missed": count, "missed_since": since}
    Schedule.objects.filter(pk=schedule.pk).update(**facts)


@chore("backups-prune", every=300)
def remove_what_may_go(server: Server, host: Host) -> None:
    """Of each site with a schedule: the backups that it made itself, by its policy. Nobody's own are touched."""
    for schedule in Schedule.objects.filter(site__server=server).select_related("site__server"):
        _prune(schedule)


def _prune(schedule: Schedule) -> None:
    for backup in what_may_go(schedule):
        with or_later(f"{backup} is not removed yet"):
            delete_backup(PANEL, backup)


@chore("backups-prove", every=300)
def prove_the_next(server: Server, host: Host) -> None:
    """One drill at a time: of the site whose newest backup has waited the longest for its proof."""
    if Operation.objects.filter(server=server, flow=DRILL.name, status__in=Operation.LIVE).exists():
        return
    good = Backup.objects.filter(
        server=server, status=Backup.Status.COMPLETED, fault="", has_files=True, removed_at=None
    )
    scheduled = good.filter(site__status__in=SAVABLE, site__schedule__isnull=False)
    own = scheduled.exclude(reason=Backup.Reason.UPLOAD)
    newest = own.order_by().values("site").annotate(newest=Max("pk")).values("newest")
    old = Q(proven_at=None) | Q(proven_at__lt=now() - PROVEN_FOR)
    waiting = Backup.objects.filter(old, pk__in=newest).order_by(F("proven_at").asc(nulls_first=True), "pk")
    if backup := waiting.select_related("site__server", "server").first():
        with or_later(f"{backup} is not proven yet"):
            drill_backup(PANEL, backup)
