"""A backup schedule as a script reads it."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.backups.models import Schedule


@extend_schema_serializer(component_name="Schedule")
class ScheduleShape(serializers.Serializer[Schedule]):
    """*name* and *site*: the site's slug. *missed*: times that had passed without a backup when the last was made."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    site = serializers.CharField(source="site.slug")
    schedule = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    keep_last = serializers.IntegerField()
    keep_daily = serializers.IntegerField()
    keep_weekly = serializers.IntegerField()
    keep_monthly = serializers.IntegerField()
    missed = serializers.IntegerField()
