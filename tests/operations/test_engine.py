"""One step at a time, forward or back, with the journal written before the act."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

import pytest
from django.utils.timezone import now

from apps.host.errors import Refused, Unavailable
from apps.operations import engine
from apps.operations.models import Hold, Operation, StepRun
from apps.operations.outcome import Again
from apps.operations.run import Run
from tests.operations.toys import Toy, a_toy_operation, toy_flow

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]


def no_host() -> NoReturn:
    raise AssertionError("a toy step asked for the machine")


def drive(operation: Operation, tries: int = 40) -> Operation:
    """Advance until the operation has ended, without waiting for what is due later."""
    for _ in range(tries):
        Operation.objects.filter(pk=operation.pk).update(due_at=now())
        engine.advance(operation.pk, no_host)
        operation.refresh_from_db()
        if operation.ended:
            break
    return operation


def refuse(run: Run) -> None:
    raise Refused("There is no room; free some.")


def be_away(run: Run) -> None:
    raise Unavailable("The database server does not answer.")


def break_down(run: Run) -> None:
    raise ZeroDivisionError("a bug with a password in it")


def test_steps_run_in_order_and_each_has_a_line() -> None:
    with toy_flow(Toy("one"), Toy("two")):
        operation = drive(a_toy_operation())

    assert operation.status == "done"
    assert Toy.said == ["check one", "do one", "check two", "do two", "finish"]
    assert [(line.position, line.key, line.status) for line in operation.lines.all()] == [
        (1, "one", "done"),
        (2, "two", "done"),
    ]
    assert not Hold.objects.exists()


def test_one_call_carries_out_one_step() -> None:
    with toy_flow(Toy("one"), Toy("two")):
        operation = a_toy_operation()
        engine.advance(operation.pk, no_host)
        assert Toy.said == ["check one", "do one"]


def test_a_refusal_undoes_what_was_begun_last_step_first() -> None:
    with toy_flow(Toy("one"), Toy("two"), Toy("three", refuse), Toy("four")):
        operation = drive(a_toy_operation())

    assert (operation.status, operation.error, operation.failed_step) == (
        "undone",
        "There is no room; free some.",
        "three",
    )
    assert Toy.said[-4:] == ["undo three", "undo two", "undo one", "records undone"]
    assert not Hold.objects.exists()


def test_what_check_refuses_was_never_begun_and_is_never_undone() -> None:
    with toy_flow(Toy("one"), Toy("two", refuses="A stranger's directory is in the way.")):
        operation = drive(a_toy_operation())

    assert operation.status == "undone"
    assert "undo two" not in Toy.said
    assert operation.lines.count() == 1


def test_a_step_is_not_checked_again_once_it_was_begun() -> None:
    with toy_flow(Toy("one", lambda run: run.again(0, "not yet"), lambda run: None)):
        operation = drive(a_toy_operation())

    assert operation.status == "done"
    assert Toy.said == ["check one", "do one", "do one", "finish"]


def test_a_part_that_is_away_is_waited_for_with_the_reason_shown() -> None:
    with toy_flow(Toy("one", be_away, lambda run: None)):
        operation = a_toy_operation()
        engine.advance(operation.pk, no_host)
        operation.refresh_from_db()
        assert (operation.status, operation.reason) == ("running", "The database server does not answer.")
        assert operation.due_at > now()
        assert operation.lines.get().status == "again"

        assert drive(operation).status == "done"
        assert operation.reason == ""


def test_a_part_that_stays_away_for_too_long_undoes_the_operation() -> None:
    with toy_flow(Toy("one", be_away)):
        operation = a_toy_operation()
        engine.advance(operation.pk, no_host)
        Operation.objects.update(trouble_since=now() - timedelta(seconds=61))
        operation = drive(operation)

    assert (operation.status, operation.error) == ("undone", "The database server does not answer.")


def test_past_the_point_of_no_return_it_tries_for_ever() -> None:
    with toy_flow(Toy("one"), Toy("two", be_away), no_return="one"):
        operation = a_toy_operation()
        engine.advance(operation.pk, no_host)
        Operation.objects.update(trouble_since=now() - timedelta(days=1))
        operation = drive(operation, tries=5)

    assert operation.status == "running"
    assert "undo one" not in Toy.said


def test_a_bug_undoes_the_operation_is_raised_and_tells_nobody_what_it_saw() -> None:
    with toy_flow(Toy("one"), Toy("two", break_down)):
        operation = a_toy_operation()
        engine.advance(operation.pk, no_host)
        with pytest.raises(ZeroDivisionError):
            engine.advance(operation.pk, no_host)
        operation = drive(operation)

    assert operation.status == "undone"
    assert "password" not in operation.error
    assert str(operation.pk) in operation.error


def test_an_undo_that_fails_is_noted_and_the_rest_still_run() -> None:
    with toy_flow(Toy("one"), Toy("two", undo=refuse), Toy("three", refuse)):
        operation = drive(a_toy_operation())

        assert operation.status == "stuck"
        assert Toy.said[-3:] == ["undo three", "undo two", "undo one"]
        assert operation.lines.get(key="two").undo_error == "There is no room; free some."
        assert Hold.objects.get().operation == operation


def test_what_is_remembered_is_the_same_in_every_run() -> None:
    seen: list[str] = []

    def act(run: Run) -> None:
        seen.append(run.remember("name", lambda: f"name-{len(seen)}"))
        if len(seen) == 1:
            raise Again(0, "once more")

    with toy_flow(Toy("one", act)):
        operation = drive(a_toy_operation())

    assert seen == ["name-0", "name-0"]
    assert operation.lines.get().memo == {"name": "name-0"}


def test_a_cancel_is_heard_before_the_next_step() -> None:
    with toy_flow(Toy("one"), Toy("two")):
        operation = a_toy_operation()
        engine.advance(operation.pk, no_host)
        Operation.objects.update(cancel_asked=True)
        operation = drive(operation)

    assert (operation.status, operation.error) == ("undone", "Cancelled.")
    assert "do two" not in Toy.said


def test_a_cancel_is_heard_by_a_step_that_shows_its_progress() -> None:
    def act(run: Run) -> None:
        Operation.objects.update(cancel_asked=True)
        run.progress(1, 10, "copying")
        raise AssertionError("went on")

    with toy_flow(Toy("one", act)):
        operation = drive(a_toy_operation())

    assert (operation.status, operation.lines.get().progress_done) == ("undone", 1)


def test_a_runner_whose_claim_was_taken_over_writes_no_more() -> None:
    def lose(run: Run) -> None:
        Operation.objects.update(claimed_by="another machine:1:x")

    with toy_flow(Toy("one", lose)):
        operation = a_toy_operation()
        assert engine.advance(operation.pk, no_host) == "taken over"

    operation.refresh_from_db()
    assert operation.claimed_by == "another machine:1:x"
    assert StepRun.objects.get().status == "running"


def test_an_operation_that_is_not_due_or_has_ended_is_left_alone() -> None:
    with toy_flow(Toy("one")):
        operation = a_toy_operation()
        Operation.objects.update(due_at=now() + timedelta(seconds=20))
        assert engine.advance(operation.pk, no_host) == "nothing due"
        drive(operation)
        Toy.said.clear()
        assert engine.advance(operation.pk, no_host) == "nothing due"
        assert engine.advance(987654, no_host) == "nothing due"
    assert Toy.said == []
