"""A site as a script reads it: the same from the API and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.operations.models import Operation
from apps.operations.shapes import OperationShape
from apps.sites.kept import with_until
from apps.sites.models import Site

if TYPE_CHECKING:
    from django.db.models import QuerySet


@extend_schema_serializer(component_name="Site")
class SiteShape(serializers.Serializer[Site]):
    """*domains*: host names, the primary one first. *server*, *runtime*, *databases*: names.

    *suspended_because*: the host's reason; empty where there is none, or no suspension. *kept_until*: when a deleted
    one goes for good, else null. *disk*: bytes of its folder as they were last measured; null before that.
    """

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()
    kind = serializers.CharField()
    status = serializers.ChoiceField(Site.Status.choices)
    server = serializers.CharField(source="server.name")
    port = serializers.IntegerField(allow_null=True)
    domains = serializers.ListField(child=serializers.CharField(), source="hosts")
    url = serializers.CharField()
    directory = serializers.SerializerMethodField()
    databases = serializers.SerializerMethodField()
    runtime = serializers.CharField(source="runtime.name")
    disk = serializers.IntegerField(source="usage.bytes", allow_null=True, default=None)
    suspended_because = serializers.CharField()
    front_fault = serializers.CharField(help_text="Why the front does not serve what is special about it; else empty.")
    kept_until = serializers.DateTimeField(allow_null=True, default=None)

    def get_directory(self, site: Site) -> str:
        return str(settings.PLACES.site(site.slug))

    def get_databases(self, site: Site) -> list[str]:
        return [database.name for database in site.databases.all() if database.status != database.Status.DELETED]


@extend_schema_serializer(component_name="Accepted")
class AcceptedShape(serializers.Serializer[dict[str, Any]]):
    """A request that was accepted. *site* is null once its creation was taken back."""

    operation = OperationShape()
    site = SiteShape(allow_null=True)


def in_full(sites: QuerySet[Site]) -> QuerySet[Site]:
    """*sites* with all that their shape shows: two queries more, however many there are."""
    return with_until(sites).select_related("server", "runtime", "usage").prefetch_related("domains", "databases")


def accepted(operation: Operation) -> dict[str, Any]:
    """``{operation, site}`` of an operation about a site."""
    site = in_full(Site.objects.filter(pk=operation.subject_id)).first()
    return dict(AcceptedShape({"operation": operation, "site": site}).data)
