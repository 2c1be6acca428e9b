"""Backup schedules over HTTP."""

from __future__ import annotations

from apps.backups.models import Schedule
from apps.backups.schedule_acts import SCHEDULE
from apps.operations.doors.http import NounViewSet, with_acts


@with_acts(SCHEDULE)
class ScheduleViewSet(NounViewSet):
    """When the sites that the asker may see are backed up by themselves."""

    queryset = Schedule.objects.none()
    filterset_fields = ("site",)
