"""Which of a site's backups its schedule does not keep."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.timezone import now

from apps.backups.clock import known, policy_of
from apps.backups.models import Backup, Schedule
from apps.backups.retention import judged


def what_may_go(schedule: Schedule) -> QuerySet[Backup]:
    """Of those that it made itself: nobody's own are touched."""
    made = Backup.objects.filter(site=schedule.site, reason=Backup.Reason.SCHEDULED, removed_at=None)
    ended = made.exclude(status=Backup.Status.IN_PROGRESS)
    verdict = judged(map(known, ended), policy_of(schedule), now())
    return ended.filter(pk__in=verdict.removed).select_related("site__server", "server")
