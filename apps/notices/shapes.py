"""A notice as a script reads it: the same from the API and the command line. Never what is sealed."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.notices.models import Delivery, Notice
from apps.notices.telling import label_of


@extend_schema_serializer(component_name="Delivery")
class DeliveryShape(serializers.Serializer[Delivery]):
    """*tries*: how often it could not be delivered so far."""

    kind = serializers.CharField(source="event.kind")
    about = serializers.SerializerMethodField()
    subject = serializers.CharField(source="event.subject_label")
    text = serializers.CharField(source="event.text")
    raised_at = serializers.DateTimeField(source="event.raised_at")
    over_at = serializers.DateTimeField(source="event.closed_at", allow_null=True)
    status = serializers.ChoiceField(Delivery.Status.choices)
    tries = serializers.IntegerField()
    ended_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()

    def get_about(self, delivery: Delivery) -> str:
        return label_of(delivery.event)


@extend_schema_serializer(component_name="Notice")
class NoticeShape(serializers.Serializer[Notice]):
    """*site*: its slug, null for one who is told of the whole server. *to*: of a webhook its host alone."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    server = serializers.CharField(source="server.name")
    site = serializers.CharField(source="site.slug", allow_null=True, default=None)
    kind = serializers.ChoiceField(Notice.Kind.choices)
    to = serializers.CharField()
    signed = serializers.SerializerMethodField()
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    last_status = serializers.SerializerMethodField()
    last_error = serializers.SerializerMethodField()

    def get_signed(self, notice: Notice) -> bool:
        return bool(notice.sealed_secret)

    def get_last_status(self, notice: Notice) -> str:
        last = _last(notice)
        return last.status if last else ""

    def get_last_error(self, notice: Notice) -> str:
        last = _last(notice)
        return last.error if last else ""


def told(delivery: Delivery) -> dict[str, Any]:
    return dict(DeliveryShape(delivery).data)


def _last(notice: Notice) -> Delivery | None:
    return next(iter(notice.deliveries.all()), None)
