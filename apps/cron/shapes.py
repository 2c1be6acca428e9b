"""A cron job as a script reads it: the same from the API and the command line."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.cron.models import Cron, CronRun
from apps.cron.schedule import in_words


@extend_schema_serializer(component_name="CronRun")
class RunShape(serializers.Serializer[CronRun]):
    """*skipped*: how many further times came while it ran, or were missed with it."""

    id = serializers.IntegerField()
    planned_at = serializers.DateTimeField()
    status = serializers.ChoiceField(CronRun.Status.choices)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    exit_code = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
    skipped = serializers.IntegerField()
    output = serializers.CharField()


@extend_schema_serializer(component_name="Cron")
class CronShape(serializers.Serializer[Cron]):
    """*site*: its slug. *next_run*: null while the job is paused. *limit*: seconds that a run may take."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    site = serializers.CharField(source="site.slug")
    schedule = serializers.CharField()
    meaning = serializers.SerializerMethodField()
    command = serializers.CharField()
    limit = serializers.IntegerField()
    active = serializers.BooleanField()
    built_in = serializers.BooleanField()
    next_run = serializers.DateTimeField(source="due_at", allow_null=True)
    last_run = RunShape(source="last", allow_null=True)
    last_status = serializers.SerializerMethodField()

    def get_meaning(self, cron: Cron) -> str:
        return in_words(cron.schedule)

    def get_last_status(self, cron: Cron) -> str:
        return cron.last.status if cron.last else ""


def told(run: CronRun) -> dict[str, Any]:
    return dict(RunShape(run).data)
