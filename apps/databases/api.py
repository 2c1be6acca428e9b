"""Databases over HTTP."""

from __future__ import annotations

from apps.databases.acts import DATABASE
from apps.databases.models import Database
from apps.operations.doors.http import NounViewSet, with_acts


@with_acts(DATABASE)
class DatabaseViewSet(NounViewSet):
    """The databases of the sites that the asker may see. No answer holds a password."""

    queryset = Database.objects.none()
    filterset_fields = ("site", "status")
