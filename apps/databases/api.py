"""Databases over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from time import monotonic
from typing import IO, Any, ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.asking_http import ask_of, flag
from apps.accounts.long_streams import Held, Slot
from apps.databases import uploads
from apps.databases.acts import DATABASE
from apps.databases.downloads import download
from apps.databases.models import Database
from apps.operations.doors.http import NounViewSet, accepted_shape, with_acts
from apps.operations.refusals import Invalid
from apps.operations.shapes import OperationShape

CHUNK = 1 << 20
GZIP = "application/gzip"
HEARS_OUT = 20.0
"""Seconds for which the rest of what is too long is read, and thrown away."""


class AnyBytes(BaseParser):
    """Leaves the body unread: the view reads it as it comes."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        return {}


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
        if request.stream is None:
            raise Invalid("", "Nothing was sent: the dump is the request's body, with its length in Content-Length.")
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        with closing(Slot()):
            try:
                operation = uploads.import_sent(ask, database, _chunks(request.stream), length, keep=keep)
            except uploads.TooMuch:
                _hear_out(request.stream)
                raise
        told = {"operation": OperationShape(operation).data, "database": DATABASE.shape(database).data}
        return Response(told, 202)

    @extend_schema(responses={(200, GZIP): OpenApiResponse(OpenApiTypes.BINARY, "The dump, packed by gzip.")})
    @action(detail=True, methods=["get"], url_path="exports/(?P<export>[0-9]{1,18})")
    def exported(self, request: Request, pk: str = "", export: str = "") -> StreamingHttpResponse:
        """Download an export."""
        database: Database = self.get_object()
        slot = Slot()
        try:
            found, content = download(ask_of(request), database, int(export))
        except BaseException:
            slot.close()
            raise
        told = {"Content-Disposition": f'attachment; filename="{found.file}"', "Cache-Control": "no-store"}
        told["Content-Length"] = str(found.bytes)
        return StreamingHttpResponse(Held(content, slot), content_type=GZIP, headers=told)


def _hear_out(body: IO[Any]) -> None:
    """Whoever is still sending does not hear an answer: the front breaks the connection off instead."""
    until = monotonic() + HEARS_OUT
    while monotonic() < until and body.read(CHUNK):
        continue


def _chunks(body: IO[Any]) -> Iterator[bytes]:
    while chunk := body.read(CHUNK):
        yield chunk
