"""A subject belongs to one operation at a time; the others are told, or wait in the order in which they asked."""

from __future__ import annotations

import pytest
from django.db import transaction

from apps.operations import holds
from apps.operations.models import Hold, Operation
from apps.operations.refusals import Busy
from tests.operations.test_engine import drive
from tests.operations.toys import Toy, a_toy_operation, toy_flow

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    messages: list[int] = []
    monkeypatch.setattr("apps.operations.sending.send", lambda pk, queue, after=0.0: messages.append(pk))
    return messages


def another(first: Operation, *, or_wait: bool, resource: str = "toy:1") -> Operation:
    with transaction.atomic():
        operation = Operation.objects.create(
            flow="toy", subject_kind="toy", subject_id=1, subject_label="Toy", server=first.server, queue=first.queue
        )
        holds.take(operation, [resource], or_wait=or_wait)
    return operation


def test_a_second_request_is_refused_with_the_first_ones_number() -> None:
    with toy_flow(Toy("one")):
        first = a_toy_operation()
        with pytest.raises(Busy) as refusal:
            another(first, or_wait=False)
    assert refusal.value.operation == first
    assert str(first.pk) in str(refusal.value)
    assert Operation.objects.count() == 1


def test_those_who_wait_start_in_the_order_in_which_they_asked(sent: list[int]) -> None:
    with toy_flow(Toy("one")):
        first = a_toy_operation()
        second, third = another(first, or_wait=True), another(first, or_wait=True)
        assert second.status == third.status == "waiting"

        drive(first)
        second.refresh_from_db()
        third.refresh_from_db()
        assert (second.status, third.status, sent) == ("pending", "waiting", [second.pk])

        drive(second)
        third.refresh_from_db()
        assert third.status == "pending"


def test_another_subject_is_not_in_the_way() -> None:
    with toy_flow(Toy("one")):
        assert another(a_toy_operation(), or_wait=False, resource="toy:2").status == "pending"


def test_all_of_what_is_asked_for_is_given_or_none() -> None:
    with toy_flow(Toy("one")):
        first = a_toy_operation("site:7/backup")
        with transaction.atomic():
            operation = another(first, or_wait=True, resource="site:8")
            operation.params["holds"] = ["site:7", "site:7/backup"]
            assert not holds._grab(operation)
    assert not Hold.objects.filter(resource="site:7").exists()
