"""A server and a runtime as a script reads them: the same from the API and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.mail.shapes import RelayShape
from apps.servers.models import Runtime, Server

if TYPE_CHECKING:
    from django.db.models import QuerySet


@extend_schema_serializer(component_name="Server")
class ServerShape(serializers.Serializer[Server]):
    """*relay*: where the mails of its sites go; null where none leaves. *browser*: whether databases may be browsed.

    *recovery*: the recipient of the recovery key, age1…; empty where nothing opens its archives once it is lost.
    """

    id = serializers.IntegerField()
    name = serializers.CharField()
    first_port = serializers.IntegerField()
    last_port = serializers.IntegerField()
    browser = serializers.BooleanField()
    relay = serializers.SerializerMethodField()
    recovery = serializers.SerializerMethodField()

    @extend_schema_field(RelayShape(allow_null=True))
    def get_relay(self, server: Server) -> dict[str, Any] | None:
        found = next((relay for relay in server.relays.all() if relay.site_id is None), None)
        return dict(RelayShape(found).data) if found else None

    def get_recovery(self, server: Server) -> str:
        used = (key for key in server.backup_keys.all() if key.is_recovery and key.retired_at is None)
        return next((key.recipient for key in used), "")


@extend_schema_serializer(component_name="Runtime")
class RuntimeShape(serializers.Serializer[Runtime]):
    """An installed FrankenPHP. *version* is its own; *thread_safe*: else a site on it answers one request at a time."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    server = serializers.CharField(source="server.name")
    path = serializers.CharField()
    version = serializers.CharField()
    php_version = serializers.CharField()
    thread_safe = serializers.BooleanField()
    sites = serializers.IntegerField(source="site_count", help_text="How many run on it.")


def in_full(runtimes: QuerySet[Runtime]) -> QuerySet[Runtime]:
    """*runtimes* with all that their shape shows, in one query."""
    return runtimes.select_related("server").annotate(site_count=Count("sites"))


def shown(runtime: Runtime) -> RuntimeShape:
    """One that was just registered."""
    return RuntimeShape(in_full(Runtime.objects.filter(pk=runtime.pk)).get())
