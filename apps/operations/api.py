"""Operations over HTTP: what was asked for, how far it came, and steering it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.asking_http import ask_of
from apps.operations import credentials, steering, visible
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.shapes import OperationShape, in_full
from frankenpanel.parsers import SmallJSON


@extend_schema_serializer(component_name="Credentials")
class CredentialsShape(serializers.Serializer[dict[str, str]]):
    url = serializers.CharField()
    user = serializers.CharField()
    password = serializers.CharField()


class OperationViewSet(ReadOnlyModelViewSet[Operation]):
    """The operations that the asker began, and those on the sites that the asker may see."""

    queryset = Operation.objects.none()
    serializer_class = OperationShape
    parser_classes = (SmallJSON,)
    filterset_fields = ("status", "flow", "subject_kind", "subject_id")
    lookup_value_regex = "[0-9]{1,18}"
    needs: ClassVar = {
        "list": "operation:read",
        "retrieve": "operation:read",
        "cancel": "operation:change",
        "resume": "operation:change",
        "credentials": "site:create",
    }

    def get_queryset(self) -> QuerySet[Operation]:
        return in_full(visible.visible_to(self.request.user))

    @extend_schema(request=None, responses={202: OperationShape})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Ask for it to go back. It does before its next step, or when the step at work looks up."""
        return self._steer(request, steering.cancel)

    @extend_schema(request=None, responses={202: OperationShape})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Try the undoing of a stuck one again."""
        return self._steer(request, steering.resume)

    @extend_schema(request=None, responses={200: CredentialsShape})
    @action(detail=True, methods=["post"])
    def credentials(self, request: Request, pk: str) -> Response:
        """The first password of what it installed: for whoever asked for the operation, and once."""
        answer = credentials.reveal(ask_of(request), self.get_object())
        return Response(answer, headers={"Cache-Control": "no-store"})

    def _steer(self, request: Request, act: Callable[[Ask, Operation], Operation]) -> Response:
        operation = act(ask_of(request), self.get_object())
        return Response(self.get_serializer(operation).data, 202)
