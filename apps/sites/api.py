"""Sites over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.lifecycle.site import create_site
from apps.operations.doors.http import PARAMETERS, PLANNED, NounViewSet, answer, with_acts
from apps.sites.acts import SITE
from apps.sites.models import Site
from apps.sites.shapes import AcceptedShape, accepted
from frankenpanel.strict import StrictSerializer


class SiteRequest(StrictSerializer):
    """What a new site shall be. Whether it may is for the lifecycle to say, in the same words at every door."""

    name = serializers.CharField(allow_blank=True, trim_whitespace=False)
    kind = serializers.CharField(allow_blank=True, trim_whitespace=False, help_text="wordpress, custom, static …")
    domain = serializers.CharField(
        allow_blank=True, trim_whitespace=False, help_text="A host name; it becomes the primary one."
    )
    database = serializers.BooleanField(
        default=False, help_text="A MySQL database; kinds that need one have it anyway."
    )
    runtime = serializers.CharField(
        default="", allow_blank=True, trim_whitespace=False, help_text="A runtime's name; else the server's first."
    )


WAYS: dict[str, Any] = {"responses": {202: AcceptedShape, 200: PLANNED}, "parameters": PARAMETERS}


@with_acts(SITE)
@extend_schema_view(create=extend_schema(request=SiteRequest, **WAYS))
class SiteViewSet(NounViewSet):
    """The sites that the asker may see."""

    queryset = Site.objects.none()
    filterset_fields = ("kind",)
    needs: ClassVar = {"create": "site:create"}

    def create(self, request: Request) -> Response:
        """Create a site: 202 at once, with the operation that carries it out."""
        asked = SiteRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        return answer(request, create_site, accepted, **asked.validated_data)
