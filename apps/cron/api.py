"""Cron jobs over HTTP."""

from __future__ import annotations

from apps.cron.acts import CRON
from apps.cron.models import Cron
from apps.operations.doors.http import NounViewSet, with_acts


@with_acts(CRON)
class CronViewSet(NounViewSet):
    """The cron jobs of the sites that the asker may see."""

    queryset = Cron.objects.none()
    filterset_fields = ("site", "active")
