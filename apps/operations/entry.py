"""The way into a lifecycle: one transaction, one audit row, one operation, or a refusal that leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, Generic, ParamSpec

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.planning import Plan, foretold, plan_of
from apps.operations.refusals import KeyReused, Refusal
from apps.operations.telling import invalid

Params = ParamSpec("Params")


class _PlanMade(Exception):
    """Carries the plan out of the transaction that is thrown away."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


class Entry(Generic[Params]):
    """A lifecycle function as the doors call it: ``create_site(ask, …)`` acts, ``create_site.plan(ask, …)`` tells."""

    def __init__(self, action: str, function: Callable[Concatenate[Ask, Params], Operation]) -> None:
        self.action = action
        self.function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    def __call__(self, ask: Ask, *args: Params.args, **kwargs: Params.kwargs) -> Operation:
        """Ask for it. Raises a Refusal, audited, when it may or can not be."""
        if (known := _known(ask)) is not None:
            return known
        try:
            with transaction.atomic():
                operation = self._enter(ask, *args, **kwargs)
                self._audit(ask, operation=operation)
        except Refusal as refusal:
            if (known := _known(ask)) is not None:  # its twin came first, and has what this one wants
                return known
            self._audit(ask, refusal=refusal)
            raise
        except IntegrityError:
            if (known := _known(ask)) is not None:  # the same key came in twice at once
                return known
            raise
        return operation

    def plan(self, ask: Ask, *args: Params.args, **kwargs: Params.kwargs) -> Plan:
        """What would happen, step by step. Nothing does: the records live as long as the question."""
        try:
            with transaction.atomic():
                raise _PlanMade(plan_of(self._enter(ask, *args, **kwargs)))
        except _PlanMade as made:
            return foretold(made.plan, ask.user)

    def _enter(self, ask: Ask, *args: Params.args, **kwargs: Params.kwargs) -> Operation:
        try:
            return self.function(ask, *args, **kwargs)
        except ValidationError as error:
            raise invalid(error) from error

    def _audit(self, ask: Ask, operation: Operation | None = None, refusal: Refusal | None = None) -> None:
        about = About()
        if operation:
            about = About(operation.subject_kind, operation.subject_id, operation.subject_label)
        audit.write(ask, self.action, about, refusal, operation)


def lifecycle(
    action: str,
) -> Callable[[Callable[Concatenate[Ask, Params], Operation]], Entry[Params]]:
    """Make a lifecycle function the way in to its operation."""
    return lambda function: Entry(action, function)


def _known(ask: Ask) -> Operation | None:
    """The operation that this very request led to before."""
    if not ask.key:
        return None
    known = Operation.objects.filter(asked_by=ask.user, idempotency_key=ask.key).first()
    if known is not None and known.request_digest != ask.digest:
        raise KeyReused("This idempotency key came with another request before; use a new key for a new request.")
    return known
