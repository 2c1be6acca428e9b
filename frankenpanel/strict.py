"""A request's body, field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses a field that it does not know: a typing error is no wish, and a wish for more is not overlooked."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = [name for name in data if name not in self.fields] if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError({str(unknown[0])[:60]: ["not known here"]}, code="unknown")
        return super().to_internal_value(data)
