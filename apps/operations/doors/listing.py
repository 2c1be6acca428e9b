"""A list over HTTP has what its noun lists: what is deleted where that is asked for, and not before."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView


class Listed(BaseFilterBackend):
    """``?status=deleted``, for a view set of a noun. One thing that is asked for by its id is found in any state."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        if view.action != "list":
            return queryset
        status = request.query_params.get("status", "")
        if status and status not in view.noun.statuses:
            known = ", ".join(view.noun.statuses) or "none"
            raise ValidationError({"status": [f"A list of these takes {known}, not {status[:40]}."]})
        return view.noun.listed(queryset, status)  # type: ignore[no-any-return]

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        statuses = list(view.noun.statuses)  # type: ignore[attr-defined]
        told = "Only these. Without it, all but what is deleted."
        values = {"type": "string", "enum": statuses}
        return [{"name": "status", "in": "query", "description": told, "schema": values}] if statuses else []
