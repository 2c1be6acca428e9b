"""How far a site's backups can be trusted, for its page: the last one, the last proof, and what was missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Subquery
from django.utils.timezone import now

from apps.backups.clock import delay_of
from apps.backups.due import missed
from apps.backups.models import Backup, Schedule
from apps.cron.records import zone_of
from apps.sites.models import Site


@dataclass(frozen=True)
class Trust:
    """*last*: the newest that is good. *proven*: the one from which the site ran last.

    *missed*: times of the schedule that passed without a backup, the first of them at *since*.
    """

    last: Backup | None
    proven: Backup | None
    schedule: Schedule | None
    missed: int = 0
    since: datetime | None = None


def trust_of(site: Site) -> Trust:
    """Costs one query where *site* was read with its schedule. What came from elsewhere is no copy of it as it is."""
    there = Backup.objects.filter(site=site, status=Backup.Status.COMPLETED, fault="", removed_at=None)
    good = there.exclude(reason=Backup.Reason.UPLOAD)
    proven = good.exclude(proven_at=None).order_by("-proven_at")
    chosen = Q(pk=Subquery(good.values("pk")[:1])) | Q(pk=Subquery(proven.values("pk")[:1]))
    found = list(good.filter(chosen))
    schedule = getattr(site, "schedule", None)
    proofs = [(one.proven_at, one.pk, one) for one in found if one.proven_at is not None]
    last_proven = max(proofs)[2] if proofs else None
    return Trust(next(iter(found), None), last_proven, schedule, *(_missed(schedule) if schedule else ()))


def _missed(schedule: Schedule) -> tuple[int, datetime | None]:
    """Those that nobody has made until now, else those before the last that was made."""
    if schedule.due_at is not None:
        late = missed(schedule.schedule, zone_of(schedule.site), schedule.since, now(), delay_of(schedule))
        if late is not None:
            return late.count, late.since
    return schedule.missed, schedule.missed_since
