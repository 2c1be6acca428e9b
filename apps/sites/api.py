"""Sites over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from apps.accounts.asking_http import ask_of, flag, seconds_to_wait
from apps.lifecycle.runtime import switch_runtime
from apps.lifecycle.site import create_site
from apps.operations.entry import Entry
from apps.operations.shapes import PlanShape
from apps.operations.watch import watch
from apps.sites import visible
from apps.sites.models import Site
from apps.sites.shapes import AcceptedShape, SiteShape, accepted, in_full
from frankenpanel.parsers import SmallJSON
from frankenpanel.strict import StrictSerializer


class SiteRequest(StrictSerializer):
    """What a new site shall be. Whether it may is for the lifecycle to say, in the same words at every door."""

    name = serializers.CharField(allow_blank=True, trim_whitespace=False)
    kind = serializers.CharField(
        allow_blank=True, trim_whitespace=False, help_text="wordpress, custom, static …"
    )
    domain = serializers.CharField(
        allow_blank=True, trim_whitespace=False, help_text="A host name; it becomes the primary one."
    )
    database = serializers.BooleanField(
        default=False, help_text="A MySQL database; kinds that need one have it anyway."
    )
    runtime = serializers.CharField(
        default="", allow_blank=True, trim_whitespace=False, help_text="A runtime's name; else the server's first."
    )


class MoveRequest(StrictSerializer):
    runtime = serializers.CharField(allow_blank=True, trim_whitespace=False, help_text="A runtime's name.")


WAYS: dict[str, Any] = {
    "responses": {202: AcceptedShape, 200: OpenApiResponse(PlanShape, "The plan, with ?plan=1; nothing happens.")},
    "parameters": [
        OpenApiParameter("plan", int, enum=[0, 1], description="1: say what would happen, and do nothing."),
        OpenApiParameter("wait", int, description="Seconds to wait for the end, at most 60."),
        OpenApiParameter("queue", int, enum=[0, 1], description="1: wait in line instead of 409 busy."),
        OpenApiParameter(
            "Idempotency-Key", str, "header", description="The same key and body again give the same operation."
        ),
    ],
}


@extend_schema_view(
    create=extend_schema(request=SiteRequest, **WAYS), runtime=extend_schema(request=MoveRequest, **WAYS)
)
class SiteViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Site]):
    """The sites that the asker may see."""

    queryset = Site.objects.none()
    serializer_class = SiteShape
    parser_classes = (SmallJSON,)
    filterset_fields = ("status", "kind")
    lookup_value_regex = "[0-9]{1,18}"
    needs: ClassVar = {
        "list": "site:read",
        "retrieve": "site:read",
        "create": "site:create",
        "runtime": "site:change",
    }

    def get_queryset(self) -> QuerySet[Site]:
        return in_full(visible.visible_to(self.request.user))

    def create(self, request: Request) -> Response:
        """Create a site: 202 at once, with the operation that carries it out."""
        asked = SiteRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        return _answer(request, create_site, **asked.validated_data)

    @action(detail=True, methods=["post"])
    def runtime(self, request: Request, pk: str) -> Response:
        """Let the site run on another FrankenPHP: it goes back if the site does not answer there."""
        asked = MoveRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        return _answer(request, switch_runtime, site=self.get_object(), **asked.validated_data)


def _answer(request: Request, act: Entry[...], **asked: Any) -> Response:
    """What becomes of a request: its operation, or the plan of it."""
    ask, patience = ask_of(request), seconds_to_wait(request)
    if flag(request, "plan"):
        plan = act.plan(replace(ask, key=""), **asked)  # a key belongs to what is done
        return Response(PlanShape(plan).data)
    operation = act(ask, **asked)
    *_, operation = watch(operation.pk, patience)
    where = reverse("operation-detail", args=[operation.pk], request=request)
    return Response(accepted(operation), 202, headers={"Location": where})
