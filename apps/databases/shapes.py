"""A database as a script reads it: the same from the API and the command line."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.databases.downloads import whole_exports
from apps.databases.models import Database, Export


@extend_schema_serializer(component_name="Export")
class ExportShape(serializers.Serializer[Export]):
    """A dump in the site's ``private/exports``. *loose*: tables that are not as they were at one moment."""

    id = serializers.IntegerField()
    file = serializers.CharField()
    bytes = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    loose = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    until = serializers.DateTimeField()


@extend_schema_serializer(component_name="Database")
class DatabaseShape(serializers.Serializer[Database]):
    """*site*: its slug; with a deleted one it is deleted. *user*: the account that may use it, and no other database.

    *bytes* and *tables* as they were at *measured_at*; null before that.
    """

    id = serializers.IntegerField()
    name = serializers.CharField()
    site = serializers.CharField(source="site.slug")
    label = serializers.CharField()  # type: ignore[assignment]
    user = serializers.CharField(source="name")
    status = serializers.ChoiceField(Database.Status.choices, source="seen_as")
    bytes = serializers.IntegerField(allow_null=True)
    tables = serializers.IntegerField(allow_null=True)
    measured_at = serializers.DateTimeField(allow_null=True)
    exports = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    @extend_schema_field(ExportShape(many=True))
    def get_exports(self, database: Database) -> list[dict[str, Any]]:
        return [dict(ExportShape(export).data) for export in whole_exports(database)]
