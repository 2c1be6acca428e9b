"""Databases over HTTP."""

from __future__ import annotations

from typing import ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.asking_http import ask_of, flag
from apps.accounts.long_streams import Held
from apps.databases import uploads
from apps.databases.acts import DATABASE
from apps.databases.downloads import download, whole_export
from apps.databases.models import Database
from apps.databases.receiving import AnyBytes, receive
from apps.operations.doors.http import NounViewSet, accepted_shape, with_acts
from apps.operations.shapes import OperationShape

GZIP = "application/gzip"


@with_acts(DATABASE)
class DatabaseViewSet(NounViewSet):
    """The databases of the sites that the asker may see. No answer holds a password."""

    queryset = Database.objects.none()
    filterset_fields = ("site",)
    needs: ClassVar = {"upload": "database:import", "exported": "database:export"}

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={202: accepted_shape(DATABASE)},
        parameters=[OpenApiParameter("keep", int, enum=[0, 1], description="0: do not export what it holds first.")],
    )
    @action(detail=True, methods=["post"], parser_classes=[AnyBytes])
    def upload(self, request: Request, pk: str = "") -> Response:
        """Send a dump, .sql or .sql.gz, as the body, and import it: 202 with the operation."""
        database: Database = self.get_object()
        ask, keep = ask_of(request), flag(request, "keep") if "keep" in request.query_params else True
        operation = receive(request, lambda body, length: uploads.import_sent(ask, database, body, length, keep=keep))
        told = {"operation": OperationShape(operation).data, "database": DATABASE.shape(database).data}
        return Response(told, 202)

    @extend_schema(responses={(200, GZIP): OpenApiResponse(OpenApiTypes.BINARY, "The dump, packed by gzip.")})
    @action(detail=True, methods=["get"], url_path="exports/(?P<export>[0-9]{1,18})")
    def exported(self, request: Request, pk: str = "", export: str = "") -> StreamingHttpResponse:
        """Download an export."""
        found = whole_export(self.get_object(), int(export))
        content = Held(lambda: download(ask_of(request), found))
        told = {"Content-Disposition": f'attachment; filename="{found.file}"', "Cache-Control": "no-store"}
        told["Content-Length"] = str(found.bytes)
        return StreamingHttpResponse(content, content_type=GZIP, headers=told)
