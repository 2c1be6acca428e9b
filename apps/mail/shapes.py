"""A relay and a mail as a script reads them: the same from the API and the command line. Never a password."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.mail.models import Mail, Relay


@extend_schema_serializer(component_name="Relay")
class RelayShape(serializers.Serializer[Relay]):
    host = serializers.CharField()
    port = serializers.IntegerField()
    security = serializers.ChoiceField(Relay.Security.choices)
    login = serializers.CharField()
    sender = serializers.CharField()
    per_hour = serializers.IntegerField()


@extend_schema_serializer(component_name="Mail")
class MailShape(serializers.Serializer[Mail]):
    """*to*: the first of so many *recipients*."""

    handed_at = serializers.DateTimeField()
    status = serializers.ChoiceField(Mail.Status.choices)
    to = serializers.CharField()
    recipients = serializers.IntegerField()
    subject = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


def told(mail: Mail) -> dict[str, Any]:
    return dict(MailShape(mail).data)
