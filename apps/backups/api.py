"""Backups over HTTP."""

from __future__ import annotations

from typing import ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from apps.accounts.asking_http import ask_of
from apps.backups.acts import BACKUP
from apps.backups.downloads import SCOPE, TYPE
from apps.backups.models import Backup
from apps.backups.sent import sent
from apps.operations.doors.http import NounViewSet, with_acts


@with_acts(BACKUP)
class BackupViewSet(NounViewSet):
    """The backups of the sites that the asker may see."""

    queryset = Backup.objects.none()
    filterset_fields = ("site", "status", "pinned")
    needs: ClassVar = {"archive": SCOPE}

    @extend_schema(responses={(200, TYPE): OpenApiResponse(OpenApiTypes.BINARY, "The archive, locked by age.")})
    @action(detail=True, methods=["get"])
    def archive(self, request: Request, pk: str = "") -> StreamingHttpResponse:
        """Download the archive, as it lies there: locked for the server's key and the recovery key."""
        return sent(ask_of(request), self.get_object())
