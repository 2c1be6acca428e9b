"""A database as a script reads it: the same from the API and the command line."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.databases.models import Database


@extend_schema_serializer(component_name="Database")
class DatabaseShape(serializers.Serializer[Database]):
    """*site*: its slug. *user*: the account that may use it, and no other database."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    site = serializers.CharField(source="site.slug")
    label = serializers.CharField()  # type: ignore[assignment]
    user = serializers.CharField(source="name")
    status = serializers.ChoiceField(Database.Status.choices)
    created_at = serializers.DateTimeField()
