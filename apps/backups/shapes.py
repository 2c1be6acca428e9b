"""A backup as a script reads it: the same from the API and the command line."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.backups.models import Backup


@extend_schema_serializer(component_name="Backup")
class BackupShape(serializers.Serializer[Backup]):
    """*site*: the slug that it had. *has*: what is in it. *bytes* and *sha256* are of the archive as it lies there.

    *verified_at*: when every byte was last read and found as it was written. *proven_at*: when a copy of the site last
    ran from it, which took *proven_seconds*. *fault*: why it failed, or what such a look has found. *report*: what was
    found in one that came from elsewhere.
    """

    id = serializers.IntegerField()
    file = serializers.CharField()
    site = serializers.CharField(source="slug")
    kind = serializers.CharField()
    status = serializers.ChoiceField(Backup.Status.choices)
    reason = serializers.ChoiceField(Backup.Reason.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    pinned = serializers.BooleanField()
    has = serializers.SerializerMethodField()
    bytes = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())
    fault = serializers.CharField()
    report = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    proven_at = serializers.DateTimeField(allow_null=True)
    proven_seconds = serializers.FloatField(allow_null=True)

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(["files", "databases"])))
    def get_has(self, backup: Backup) -> list[str]:
        parts = {"files": backup.has_files, "databases": backup.has_databases}
        return [name for name, there in parts.items() if there]

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_report(self, backup: Backup) -> dict[str, Any] | None:
        found: dict[str, Any] | None = backup.facts.get("report")
        return found
