"""What a site takes on the disk, as it was last measured: its files, and its databases, also those that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from apps.databases.models import Database
from apps.sites.models import Site


@dataclass(frozen=True)
class Disk:
    """Bytes; None of what was not measured yet, and of databases where there is none."""

    files: int | None
    databases: int | None
    measured_at: datetime | None = None

    @property
    def total(self) -> int:
        return (self.files or 0) + (self.databases or 0)


def with_disk(sites: QuerySet[Site]) -> QuerySet[Site]:
    """*sites* with what ``disk_of`` wants to know: no query more, however many there are."""
    sizes = Database.objects.filter(site=OuterRef("pk")).order_by().values("site").annotate(all=Sum("bytes"))
    return sites.select_related("usage").annotate(databases_bytes=Subquery(sizes.values("all")))


def disk_of(site: Site) -> Disk:
    """Of one that comes from ``with_disk``; of another, its files alone."""
    databases, usage = getattr(site, "databases_bytes", None), getattr(site, "usage", None)
    return Disk(usage.bytes, databases, usage.measured_at) if usage else Disk(None, databases)
