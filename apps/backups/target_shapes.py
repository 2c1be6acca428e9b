"""A place for copies as a script reads it. Nothing of its secret is in any answer."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.backups.models import Copy, Target


@extend_schema_serializer(component_name="Target")
class TargetShape(serializers.Serializer[Target]):
    """*where*: the folder, bucket or host. *site*: the slug of the one that it is for; null where it is for all.

    *copies*: how many backups lie there, compared with what was sent.
    """

    id = serializers.IntegerField()
    name = serializers.CharField()
    server = serializers.CharField(source="server.name")
    kind = serializers.ChoiceField(Target.Kind.choices)
    where = serializers.CharField()
    site = serializers.CharField(source="site.slug", allow_null=True, default=None)
    active = serializers.BooleanField()
    copies = serializers.SerializerMethodField()

    def get_copies(self, target: Target) -> int:
        return Copy.objects.filter(target=target, status=Copy.Status.DONE).count()
