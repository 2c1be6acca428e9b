"""Runtimes over HTTP."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from apps.accounts.asking_http import ask_of
from apps.servers.models import Runtime
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
