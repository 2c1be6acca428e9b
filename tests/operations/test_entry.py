"""Every request is audited, whether it was accepted or refused; the audit forgets nothing."""

from __future__ import annotations

import hashlib

import pytest
from django.db import DatabaseError, connection, transaction

from apps.audit.models import AuditRow
from apps.operations import steering
from apps.operations.asking import Ask, digest_of
from apps.operations.entry import Entry, lifecycle
from apps.operations.models import Operation
from apps.operations.planning import Plan
from apps.operations.refusals import Invalid, KeyReused, WrongState
from tests.operations.test_engine import drive, refuse
from tests.operations.toys import Toy, a_toy_operation, toy_flow

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]
PANEL = Ask(user=None, door="test")


@lifecycle("toy.make")
def make_toy(ask: Ask, name: str) -> Operation:
    operation = a_toy_operation(resource=name)
    operation.idempotency_key, operation.request_digest = ask.key or None, ask.digest
    operation.save()
    if not name:
        raise Invalid("name", "A toy has a name; give it one.")
    return operation


def test_an_accepted_request_leaves_one_row() -> None:
    assert isinstance(make_toy, Entry)
    operation = make_toy(PANEL, "bear")
    row = AuditRow.objects.get()
    assert (row.action, row.outcome, row.name, row.operation_id) == ("toy.make", "accepted", "the panel", operation.pk)


def test_a_refused_request_leaves_its_reason_and_nothing_else() -> None:
    with pytest.raises(Invalid):
        make_toy(PANEL, "")
    row = AuditRow.objects.get()
    assert (row.outcome, row.reason) == ("refused", "A toy has a name; give it one.")
    assert not Operation.objects.exists()


@pytest.mark.parametrize("sql", ["UPDATE audit_auditrow SET name = 'eve'", "DELETE FROM audit_auditrow"])
def test_67_a_row_can_neither_be_changed_nor_deleted(sql: str) -> None:
    make_toy(PANEL, "bear")
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert AuditRow.objects.get().name == "the panel"


def test_a_plan_says_each_step_and_leaves_nothing() -> None:
    with toy_flow(Toy("one"), Toy("two")):
        plan = make_toy.plan(PANEL, "bear")
    assert isinstance(plan, Plan)
    assert [step.sentence for step in plan.steps] == ["Do one", "Do two"]
    assert not Operation.objects.exists()
    assert Toy.said == []


def test_65_the_same_key_gives_the_same_operation_and_another_body_is_refused() -> None:
    ask = Ask(user=None, door="test", key="k", digest="d")
    # the panel itself asks with no user, for which SQL knows no equality: the key still holds
    assert make_toy(ask, "bear").pk == make_toy(ask, "bear").pk
    with pytest.raises(KeyReused):
        make_toy(Ask(user=None, door="test", key="k", digest="other"), "bear")


def test_a_stuck_operation_is_resumed_from_its_last_step() -> None:
    attempts: list[int] = []

    def undo(run: object) -> None:
        attempts.append(1)
        if len(attempts) == 1:
            refuse(run)  # type: ignore[arg-type]

    with toy_flow(Toy("one", undo=undo), Toy("two", refuse)):
        operation = drive(a_toy_operation())
        assert operation.status == "stuck"
        assert drive(steering.resume(PANEL, operation)).status == "undone"
    assert AuditRow.objects.get().action == "operation.resume"


def test_what_has_ended_can_be_neither_cancelled_nor_resumed() -> None:
    with toy_flow(Toy("one")):
        operation = drive(a_toy_operation())
        for steer in (steering.cancel, steering.resume):
            with pytest.raises(WrongState):
                steer(PANEL, operation)


def test_past_the_point_of_no_return_nothing_is_cancelled() -> None:
    with toy_flow(Toy("one"), Toy("two"), no_return="one"):
        operation = a_toy_operation()
        operation.lines.create(position=1, key="one")
        with pytest.raises(WrongState, match="no return"):
            steering.cancel(PANEL, operation)


def test_35_a_requests_digest_says_nothing_of_a_password_in_it() -> None:
    """Whoever reads the records could try passwords against a plain one."""
    assert digest_of("a request") == digest_of("a request") != digest_of("another request")
    assert digest_of("a request") != hashlib.sha256(b"a request").hexdigest()
