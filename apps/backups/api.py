"""Backups over HTTP."""

from __future__ import annotations

from typing import ClassVar

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.asking_http import ask_of, flag
from apps.backups import uploads
from apps.backups.acts import BACKUP
from apps.backups.downloads import SCOPE, TYPE
from apps.backups.models import Backup
from apps.backups.sent import sent
from apps.databases.receiving import AnyBytes, receive
from apps.lifecycle.backup_import import SCOPE as IMPORT
from apps.operations.doors.http import NounViewSet, accepted_shape, with_acts
from apps.operations.doors.table import Noun
from apps.operations.shapes import OperationShape
from apps.sites.models import Site

SENT = inline_serializer("Upload", {"upload": serializers.CharField(help_text="What an import calls it.")})


@with_acts(BACKUP)
class BackupViewSet(NounViewSet):
    """The backups of the sites that the asker may see."""

    queryset = Backup.objects.none()
    filterset_fields = ("site", "status", "pinned")
    needs: ClassVar = {"archive": SCOPE, "upload": IMPORT}

    @extend_schema(
        responses={
            (200, TYPE): OpenApiResponse(OpenApiTypes.BINARY, "The archive, locked by age."),
            (206, TYPE): OpenApiResponse(OpenApiTypes.BINARY, "The part of it that was asked for."),
            416: OpenApiResponse(description="The part that was asked for lies behind its end."),
        },
        parameters=[
            OpenApiParameter("Range", str, "header", description="One part of it: bytes=1000- to go on after 1,000.")
        ],
    )
    @action(detail=True, methods=["get"])
    def archive(self, request: Request, pk: str = "") -> HttpResponseBase:
        """Download the archive, as it lies there: locked for the server's key and the recovery key."""
        return sent(request, ask_of(request), self.get_object())

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={202: accepted_shape(BACKUP), 201: SENT},
        parameters=[
            OpenApiParameter("site", str, required=True, description="The site: its slug, or its id."),
            OpenApiParameter("label", str, description="What it is for, in your words."),
            OpenApiParameter("hold", int, enum=[0, 1], description="1: only keep it, for an hour, and say its name."),
            OpenApiParameter("dump_upload", str, description="What a dump was called that was sent before."),
        ],
    )
    @action(detail=False, methods=["post"], parser_classes=[AnyBytes])
    def upload(self, request: Request) -> Response:
        """Send an archive, .tar.gz.age, .tar.gz or .zip, as the body, and import it: 202 with the operation.

        With hold=1 it waits for an import (POST …/backups/import/) that names it: so a second file can be sent, too.
        """
        asked, words = ask_of(request), request.query_params
        site: Site = Noun.REGISTERED["site"].find(request.user, words.get("site", ""))
        if flag(request, "hold"):
            name = receive(request, lambda body, length: uploads.take(asked, site, body, length))
            return Response({"upload": name}, 201)
        said = uploads.Words(label=words.get("label", ""), dump_upload=words.get("dump_upload", ""))
        operation = receive(request, lambda body, length: uploads.import_sent(asked, site, body, length, said))
        found = BACKUP.of(operation, request.user)
        told = {"operation": OperationShape(operation).data, "backup": BACKUP.shape(found).data}
        return Response(told, 202)
