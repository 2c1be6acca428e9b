"""An operation, and a plan, as a script reads them: the same from the API and the command line."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.operations.models import Operation
from apps.operations.planning import Plan, PlannedStep
from apps.operations.shown import ShownStep, steps_of

if TYPE_CHECKING:
    from django.db.models import QuerySet


@extend_schema_serializer(component_name="Subject")
class SubjectShape(serializers.Serializer[Operation]):
    """What the operation is about. The label outlives the record."""

    kind = serializers.CharField(source="subject_kind")
    id = serializers.IntegerField(source="subject_id")
    label = serializers.CharField(source="subject_label")  # type: ignore[assignment]


@extend_schema_serializer(component_name="Progress")
class ProgressShape(serializers.Serializer[ShownStep]):
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    text = serializers.CharField()


@extend_schema_serializer(component_name="Step")
class StepShape(serializers.Serializer[ShownStep]):
    """One step. *seed*: the numbers of the specification's list that it carries. *seconds* count on while it runs."""

    number = serializers.IntegerField()
    key = serializers.CharField()
    seed = serializers.ListField(child=serializers.IntegerField())
    name = serializers.CharField()
    status = serializers.ChoiceField(["todo", "running", "again", "done", "undone", "failed"])
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    error = serializers.CharField()
    note = serializers.CharField(help_text="What it has found.")
    progress = ProgressShape(source="*")


@extend_schema_serializer(component_name="Operation")
class OperationShape(serializers.Serializer[Operation]):
    id = serializers.IntegerField()
    flow = serializers.CharField()
    subject = SubjectShape(source="*")
    status = serializers.ChoiceField(Operation.Status.choices)
    steps = serializers.SerializerMethodField()
    error = serializers.CharField()
    reason = serializers.CharField(help_text="Why it waits just now.")
    asker = serializers.CharField()
    door = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(StepShape(many=True))
    def get_steps(self, operation: Operation) -> list[dict[str, Any]]:
        return [self._step.to_representation(step) for step in steps_of(operation)]

    @cached_property
    def _step(self) -> StepShape:
        """One for all the steps of a list: making it costs more than using it."""
        return StepShape()


@extend_schema_serializer(component_name="PlannedStep")
class PlannedStepShape(serializers.Serializer[PlannedStep]):
    number = serializers.IntegerField()
    key = serializers.CharField()
    seed = serializers.ListField(child=serializers.IntegerField())
    sentence = serializers.CharField()


@extend_schema_serializer(component_name="Plan")
class PlanShape(serializers.Serializer[Plan]):
    """What would happen."""

    flow = serializers.CharField()
    subject = serializers.CharField()
    steps = PlannedStepShape(many=True)


def in_full(operations: QuerySet[Operation]) -> QuerySet[Operation]:
    """*operations* with all that their shape shows: one query more, however many there are."""
    return operations.prefetch_related("lines")
