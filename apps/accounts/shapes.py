"""A token as a script reads it: never its secret, but for the one time that it is made."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.accounts.models import ApiToken


@extend_schema_serializer(component_name="Token")
class TokenShape(serializers.Serializer[ApiToken]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


@extend_schema_serializer(component_name="NewToken")
class NewTokenShape(TokenShape):
    """*token* is the whole of it: it cannot be read again."""

    token = serializers.CharField()
