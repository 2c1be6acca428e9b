"""Places for copies over HTTP."""

from __future__ import annotations

from apps.backups.models import Target
from apps.backups.target_acts import TARGET
from apps.operations.doors.http import NounViewSet, with_acts


@with_acts(TARGET)
class TargetViewSet(NounViewSet):
    """Where the backups of the servers' sites are copied to."""

    queryset = Target.objects.none()
    filterset_fields = ("kind", "active")
