"""What is kept of a deleted site, and until when."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.timezone import now

from apps.operations.models import Operation
from apps.servers.models import Kept
from apps.sites.models import Site


def kept_of(site: Site) -> Kept | None:
    return Kept.objects.filter(kind=Kept.Kind.SITE, subject_id=site.pk).first()


def keep(site: Site, operation: Operation, size: int, status: str) -> None:
    """Write down that it can be taken back, and what it was: *status* is that from before its deletion."""
    place = settings.PLACES.kept_site(site.slug)
    Kept.objects.create(
        server=site.server,
        kind=Kept.Kind.SITE,
        subject_id=site.pk,
        label=f"{site.name} ({', '.join(site.hosts[:1]) or site.slug})",
        place=str(place),
        bytes=size,
        until=now() + timedelta(days=settings.UNDO_DAYS),
        operation_id=operation.pk,
        facts={"status": status, "port": site.port, "hosts": site.hosts},
    )


def with_until(sites: QuerySet[Site]) -> QuerySet[Site]:
    """*sites* with ``kept_until``: when one that is deleted goes for good. One query for all of them."""
    kept = Kept.objects.filter(kind=Kept.Kind.SITE, subject_id=OuterRef("pk"))
    return sites.annotate(kept_until=Subquery(kept.values("until")[:1]))
