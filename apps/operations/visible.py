"""Which operations somebody may see: his own, and those on the sites that he may see."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet

from apps.operations.models import Operation
from apps.sites import visible as sites


def visible_to(user: User | AnonymousUser) -> QuerySet[Operation]:
    """Every operation for whom ``operations.view_operation`` is given on all."""
    if user.is_anonymous or not user.is_active:
        return Operation.objects.none()
    if user.has_perm("operations.view_operation"):
        return Operation.objects.all()
    seen = sites.visible_to(user).order_by().values("pk")
    return Operation.objects.filter(Q(asked_by=user) | Q(subject_kind="site", subject_id__in=seen))


def one_visible_to(user: User | AnonymousUser, pk: int) -> Operation | None:
    """Operation *pk*, if *user* may see it. His own is found without a look at his rights: polling is cheap."""
    own = Operation.objects.filter(pk=pk, asked_by=user).first() if user.is_authenticated else None
    return own or visible_to(user).filter(pk=pk).first()
