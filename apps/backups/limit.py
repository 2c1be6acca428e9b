"""How much a site's backups may take together on its server, where a limit is set: looked at before one is made."""

from __future__ import annotations

from django.db.models import Count, QuerySet, Sum
from django.template.defaultfilters import filesizeformat

from apps.backups.models import Backup, Schedule
from apps.backups.pruning import what_may_go
from apps.operations.refusals import Full
from apps.sites.models import Site, Usage

SETTING, UNIT = "backup_room", 1 << 30


def must_be_allowed(site: Site, *, files: bool = True, databases: bool = True) -> None:
    """Raises Full where one more of these parts would go over the limit. What retention removes counts as gone."""
    limit = int(site.chosen.get(SETTING, 0)) * UNIT
    if not limit:
        return
    there = _there(site)
    needed = _expected(site, there, files=files, databases=databases)
    taken = there.aggregate(bytes=Sum("bytes"))["bytes"] or 0
    if taken + needed > limit:
        raise Full(
            f"The backups of {site.slug} may take {size(limit)} together. There are {_told(there) or 'none'}, and"
            f" another one needs about {size(needed)}. Delete some of them, let the schedule keep fewer, or allow more:"
            f" ./panel site update {site.slug} --backup-room GB."
        )


def _there(site: Site) -> QuerySet[Backup]:
    found = Backup.objects.filter(site=site, status=Backup.Status.COMPLETED, removed_at=None).order_by()
    schedule = Schedule.objects.filter(site=site).select_related("site").first()
    return found.exclude(pk__in=[one.pk for one in what_may_go(schedule)]) if schedule else found


def _expected(site: Site, there: QuerySet[Backup], *, files: bool, databases: bool) -> int:
    """As the last of these parts; before there is one, as the site on the disk."""
    last = there.filter(has_files=files, has_databases=databases).order_by("-pk").first()
    usage = Usage.objects.filter(site=site).first() if files else None
    return (last.bytes or 0) if last else (usage.bytes if usage else 0)


def _told(there: QuerySet[Backup]) -> str:
    """How many there are of which reason, and what those take: the most first."""
    found = there.values_list("reason").annotate(count=Count("pk"), bytes=Sum("bytes")).order_by("-bytes")
    labels = dict(Backup.Reason.choices)
    return ", ".join(f"{count} {str(labels[reason]).lower()} ({size(taken or 0)})" for reason, count, taken in found)


def size(count: int) -> str:
    return filesizeformat(count).replace("\xa0", " ")
