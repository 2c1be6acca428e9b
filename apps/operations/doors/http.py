"""The table as the API's addresses: ``POST /api/v1/sites/7/stop/``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar

from django.db.models import Model, QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from apps.accounts.asking_http import ask_of, flag, must_be_fresh, seconds_to_wait
from apps.operations.doors.listing import Listed
from apps.operations.doors.table import Act, Field, Look, Noun, confirmed
from apps.operations.entry import Entry
from apps.operations.models import Operation
from apps.operations.shapes import OperationShape, PlanShape
from apps.operations.watch import watch
from frankenpanel.parsers import SmallJSON
from frankenpanel.strict import StrictSerializer

View = TypeVar("View", bound="type[NounViewSet]")
PARAMETERS = [
    OpenApiParameter("plan", int, enum=[0, 1], description="1: say what would happen, and do nothing."),
    OpenApiParameter("wait", int, description="Seconds to wait for the end, at most 60."),
    OpenApiParameter("queue", int, enum=[0, 1], description="1: wait in line instead of 409 busy."),
    OpenApiParameter(
        "Idempotency-Key", str, "header", description="The same key and body again give the same operation."
    ),
]
PLANNED = OpenApiResponse(PlanShape, "The plan, with ?plan=1; nothing happens.")
METHODS = {"create": "create", "update": "partial_update"}
"""Verbs that HTTP has a method of its own for."""
NAMES = {**METHODS, "delete": "do_delete"}
"""What the methods of a view are called. One called delete would answer HTTP's DELETE, at every address."""


class NounViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Any]):
    """What the asker may see of a noun; ``with_acts`` gives it its acts."""

    noun: ClassVar[Noun]
    parser_classes = (SmallJSON,)
    filter_backends = (DjangoFilterBackend, Listed)
    lookup_value_regex = "[0-9]{1,18}"
    needs: ClassVar[dict[str, str]] = {}
    lists: ClassVar[type[serializers.Serializer[Any]]]

    def get_serializer_class(self) -> type[serializers.Serializer[Any]]:
        return self.lists

    def get_queryset(self) -> QuerySet[Any]:
        return self.noun.visible_to(self.request.user)


def with_acts(noun: Noun) -> Callable[[View], View]:
    """Make a view set that of *noun*: list, retrieve, and an address for each act."""

    def dress(view: View) -> View:
        view.noun = noun
        view.lists = noun.shape
        read = f"{noun.name}:read"
        view.needs = {"list": read, "retrieve": read, **view.needs}
        accepted = accepted_shape(noun)
        for act in noun.acts:
            name = NAMES.get(act.verb, act.verb.replace("-", "_"))
            setattr(view, name, _address(noun, act, name, accepted))
            view.needs[name] = act.scope
        for look in noun.looks:
            name = look.verb.replace("-", "_")
            setattr(view, name, _sight(noun, look, name))
            view.needs[name] = look.scope
        return view

    return dress


def answer(request: Request, act: Entry[...], told: Callable[[Operation], Any], *words: Any, **asked: Any) -> Response:
    """What becomes of a request: its operation, as *told* puts it, or the plan of it."""
    ask, patience = ask_of(request), seconds_to_wait(request)
    if flag(request, "plan"):
        return Response(PlanShape(act.plan(replace(ask, key=""), *words, **asked)).data)  # a key is for what is done
    operation = act(ask, *words, **asked)
    *_, operation = watch(operation.pk, patience)
    where = reverse("operation-detail", args=[operation.pk], request=request)
    return Response(told(operation), 202, headers={"Location": where})


def _address(noun: Noun, act: Act, name: str, accepted: Any) -> Callable[..., Response]:
    shape = _request_shape(noun, act)

    def handle(self: NounViewSet, request: Request, pk: str = "") -> Response:
        asked = shape(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        subject: Model = (
            noun.subject(act).find(request.user, values.pop(noun.parent)) if act.creates else self.get_object()
        )
        if not flag(request, "plan"):
            if act.confirm:
                must_be_fresh(request)
            confirmed(act, noun.subject(act).called(subject), values.pop("confirm", ""))
        values.pop("confirm", "")

        def told(operation: Operation) -> dict[str, Any]:
            found = noun.of(operation, request.user)
            return {
                "operation": OperationShape(operation).data,
                noun.name: None if found is None else noun.shape(found).data,
            }

        return answer(request, act.entry, told, subject, **values)

    handle.__name__ = name
    handle.__doc__ = act.help
    body = shape if shape().fields else None
    described = extend_schema(
        request=body, responses={202: accepted, 200: PLANNED}, parameters=PARAMETERS, description=act.help
    )(handle)
    if act.verb in METHODS:
        return described
    return action(detail=not act.creates, methods=["post"], url_path=act.verb, url_name=act.verb)(described)


def _sight(noun: Noun, look: Look, name: str) -> Callable[..., Response]:
    """The address of a look: what it asks for stands behind the question mark, or in the body of what is told once."""
    fields: dict[str, Any] = {field.name: _field(field) for field in look.fields}
    shape = type(_shape_name(noun, look.verb), (StrictSerializer,), fields)

    def handle(self: NounViewSet, request: Request, pk: str = "") -> Response:
        asked = shape(data=request.data if look.told_once else request.query_params.dict())
        asked.is_valid(raise_exception=True)
        if look.told_once:
            must_be_fresh(request)
        told = look.read(ask_of(request), self.get_object(), **asked.validated_data)
        return Response(told, headers={"Cache-Control": "no-store"})

    handle.__name__ = name
    handle.__doc__ = look.help
    told = OpenApiResponse(dict[str, Any], look.help)
    ways: dict[str, Any] = {"request": shape if fields else None} if look.told_once else {"parameters": [shape]}
    described = extend_schema(responses={200: told}, description=look.help, **ways)(handle)
    method: Literal["post", "get"] = "post" if look.told_once else "get"
    return action(detail=True, methods=[method], url_path=look.verb, url_name=look.verb)(described)


def _request_shape(noun: Noun, act: Act) -> type[StrictSerializer]:
    fields: dict[str, Any] = {field.name: _field(field) for field in act.fields}
    if act.creates:
        of = noun.subject(act)
        fields[noun.parent] = serializers.CharField(help_text=f"The {of.name}: its {of.key}, or its id.")
    if act.confirm:
        fields["confirm"] = serializers.CharField(
            required=False, allow_blank=True, trim_whitespace=False, help_text=f"The {noun.subject(act).key}, typed."
        )
    return type(_shape_name(noun, act.verb), (StrictSerializer,), fields)


def _shape_name(noun: Noun, verb: str) -> str:
    return "".join(part.capitalize() for part in (noun.name, *verb.split("-"), "request"))


def _field(field: Field) -> serializers.Field[Any, Any, Any, Any]:
    told: dict[str, Any] = {"required": field.required, "help_text": field.help}
    if field.type == "flag":
        return serializers.BooleanField(**{**told, "required": False})
    if field.type == "number":
        return serializers.IntegerField(**told)
    return serializers.CharField(allow_blank=True, trim_whitespace=False, write_only=field.is_secret, **told)


@cache
def accepted_shape(noun: Noun) -> Any:
    """``{operation, noun}``: the noun is null once the operation was taken back, or has removed it."""
    return inline_serializer(
        f"{noun.name.capitalize()}Accepted",
        {"operation": OperationShape(), noun.name: noun.shape(allow_null=True)},
    )
