"""Places for copies as the page of a server shows them: with what may be done to each, and how its copies are."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, Q, Subquery

from apps.backups.models import Copy
from apps.backups.target_acts import TARGET
from apps.operations.doors.forms import ActLink, Row, links_of, rows_of
from apps.servers.models import Server

Status = Copy.Status


def rows(server: Server, user: User) -> list[Row]:
    """One query, however many there are. Each *subject* knows how many copies are *there*, and of those that failed
    the *fault* of the last."""
    failed = Copy.objects.filter(target=OuterRef("pk"), status=Status.FAILED)
    targets = TARGET.visible_to(user).filter(server=server)
    counted = targets.annotate(
        there=Count("copies", filter=Q(copies__status=Status.DONE)),
        coming=Count("copies", filter=Q(copies__status=Status.PENDING)),
        failed=Count("copies", filter=Q(copies__status=Status.FAILED)),
        fault=Subquery(failed.order_by("-at").values("fault")[:1]),
    )
    return rows_of(TARGET, counted, user, busy=False)


def adding(server: Server, user: User) -> list[ActLink]:
    return links_of(TARGET, server, user, creating=True)
