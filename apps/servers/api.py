"""Runtimes, and the keys of servers, over HTTP."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from apps.accounts.asking_http import ask_of, must_be_fresh
from apps.lifecycle.key_rotation import SCOPE as SCOPE_ROTATE
from apps.lifecycle.key_rotation import may_rotate, rotate_key
from apps.operations.doors.http import PARAMETERS, PLANNED, NounViewSet, answer, with_acts
from apps.operations.refusals import Missing
from apps.operations.shapes import OperationShape
from apps.servers.acts import SERVER
from apps.servers.models import Runtime, Server
from apps.servers.runtimes import SCOPE, create_runtime, visible_to
from apps.servers.shapes import RuntimeShape, in_full, shown
from frankenpanel.parsers import SmallJSON
from frankenpanel.strict import StrictSerializer


class RuntimeRequest(StrictSerializer):
    name = serializers.CharField(allow_blank=True, trim_whitespace=False, help_text="php-8.4, say")
    path = serializers.CharField(
        allow_blank=True, trim_whitespace=False, help_text="Where the FrankenPHP is on the server: absolute."
    )


class RuntimeViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Runtime]):
    """The installed FrankenPHPs: for the host's people."""

    queryset = Runtime.objects.none()
    serializer_class = RuntimeShape
    parser_classes = (SmallJSON,)
    lookup_value_regex = "[0-9]{1,18}"
    needs: ClassVar = {"list": "runtime:read", "retrieve": "runtime:read", "create": SCOPE}

    def get_queryset(self) -> QuerySet[Runtime]:
        return in_full(visible_to(self.request.user))

    @extend_schema(request=RuntimeRequest, responses={201: RuntimeShape})
    def create(self, request: Request) -> Response:
        """Register a FrankenPHP that is installed on the server. A runner starts it first, and asks it what it is."""
        asked = RuntimeRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        runtime = create_runtime(ask_of(request), **asked.validated_data)
        return Response(shown(runtime).data, 201)


class KeyRequest(StrictSerializer):
    server = serializers.CharField(help_text="The server's name.")


KeyAccepted = inline_serializer("KeyAccepted", {"operation": OperationShape()})


class KeyViewSet(GenericViewSet[Server]):
    """What servers seal their secrets with: for the host's people."""

    queryset = Server.objects.none()
    serializer_class = KeyRequest
    parser_classes = (SmallJSON,)
    needs: ClassVar = {"rotate": SCOPE_ROTATE}

    @extend_schema(request=KeyRequest, responses={202: KeyAccepted, 200: PLANNED}, parameters=PARAMETERS)
    @action(detail=False, methods=["post"])
    def rotate(self, request: Request) -> Response:
        """Give a server a new key: what it keeps sealed is sealed anew, then the old key goes."""
        asked = KeyRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        must_be_fresh(request)
        server = Server.objects.filter(name=asked.validated_data["server"]).first()
        if server is None or not may_rotate(ask_of(request)):
            raise Missing("There is no such server, or its key is not yours to change.")
        return answer(request, rotate_key, lambda operation: {"operation": OperationShape(operation).data}, server)


@with_acts(SERVER)
class ServerViewSet(NounViewSet):
    """The servers, for the host's people."""

    queryset = Server.objects.none()
