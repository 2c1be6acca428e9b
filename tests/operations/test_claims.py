"""One runner at a time, and a dead one's work is taken up."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils.timezone import now

from apps.host import command, oplock
from apps.operations import engine, sweeper, tasks
from apps.operations.models import Operation, Question
from apps.operations.run import Run
from apps.servers.models import Server
from tests.operations.killing import in_a_child, start_child
from tests.operations.test_engine import drive, no_host
from tests.operations.toys import Toy, a_toy_operation, toy_flow

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]


def until(condition: object, seconds: float = 30.0) -> None:
    """Wait for *condition*() to be true."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def advance(operation: Operation) -> None:
    engine.advance(operation.pk, no_host)


def running(script: str) -> Callable[[Run], None]:
    """A step that runs a program and waits for it."""

    def act(run: Run) -> None:
        command.run(["sh", "-c", script])

    return act


def is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_two_runners_that_get_the_same_message_do_the_step_once(tmp_path: Path) -> None:
    diary = tmp_path / "diary"

    def act(run: Run) -> None:
        with diary.open("a") as file:
            file.write("acted\n")
        time.sleep(0.5)

    with toy_flow(Toy("one", act), Toy("two")):
        operation = a_toy_operation()
        children = [start_child(lambda: advance(operation)) for _ in range(2)]
        for child in children:
            assert os.waitpid(child, 0)[1] == 0

    assert diary.read_text() == "acted\n"


def test_a_runner_that_was_killed_is_followed_at_once(tmp_path: Path) -> None:
    with toy_flow(Toy("one", lambda run: os.kill(os.getpid(), signal.SIGKILL))):
        operation = a_toy_operation()
        assert in_a_child(lambda: advance(operation)) == signal.SIGKILL
        operation.refresh_from_db()
        assert operation.claimed_by
        assert operation.lease_until is not None
        assert operation.lease_until > now()

    with toy_flow(Toy("one")):
        advance(operation)  # long before the lease is over: the lock is free, so the first is dead
        operation.refresh_from_db()
        assert operation.status == "done"
        assert Toy.said == ["do one", "finish"]


def test_a_stopped_runner_keeps_its_step_and_ends_it_when_it_wakes(tmp_path: Path) -> None:
    begun, woken, diary = tmp_path / "begun", tmp_path / "woken", tmp_path / "diary"

    def act(run: Run) -> None:
        with diary.open("a") as file:
            file.write("acted\n")
        begun.touch()
        until(woken.exists)

    with toy_flow(Toy("one", act)):
        operation = a_toy_operation()
        child = start_child(lambda: advance(operation))
        until(begun.exists)
        os.kill(child, signal.SIGSTOP)
        try:
            past = now() - timedelta(seconds=60)
            Operation.objects.update(lease_until=past, due_at=past)
            assert engine.advance(operation.pk, no_host) == "nothing due"
            assert sweeper.sweep(["server.local"]) == 0
        finally:
            woken.touch()
            os.kill(child, signal.SIGCONT)
        assert os.waitpid(child, 0)[1] == 0

    operation.refresh_from_db()
    assert (operation.status, diary.read_text()) == ("done", "acted\n")


def test_a_program_dies_with_the_runner_that_waits_for_it(tmp_path: Path) -> None:
    with toy_flow(Toy("one", running(f"echo $$ > {tmp_path}/pid; exec sleep 60"))):
        operation = a_toy_operation()
        runner = start_child(lambda: advance(operation))
        until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
        os.kill(runner, signal.SIGKILL)
        os.waitpid(runner, 0)
        until(lambda: is_dead(int((tmp_path / "pid").read_text())), 2)


def test_a_child_that_outlives_its_runner_is_ended_before_the_next_one_begins(tmp_path: Path) -> None:
    """A program's own child is not told when the runner dies; the lock that it still holds gives it away."""
    script = f"setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 60' & wait"
    with toy_flow(Toy("one", running(script))):
        operation = a_toy_operation()
        runner = start_child(lambda: advance(operation))
        until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
        os.kill(runner, signal.SIGKILL)
        os.waitpid(runner, 0)
    orphan = int((tmp_path / "pid").read_text())
    assert not is_dead(orphan)

    with toy_flow(Toy("one")):
        advance(operation)
    operation.refresh_from_db()
    assert operation.status == "done"
    assert is_dead(orphan)


def test_one_that_merely_looks_at_the_lock_is_never_taken_for_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    reader = subprocess.Popen(["sleep", "60"], stdin=os.open(lock, os.O_RDWR | os.O_CREAT))
    try:
        descriptor = oplock.acquire(lock)
        assert descriptor is not None
        assert not oplock.is_abandoned(lock)
        assert oplock.bury(lock) == 0
        oplock.release(lock, descriptor, remove=True)
        assert oplock.bury(lock) == 0
        assert reader.poll() is None
    finally:
        reader.kill()
        reader.wait()


def test_a_lost_message_costs_seconds_for_the_sweeper_carries_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that loses every message: the sweeper sends once more, and then does the work itself."""
    sent: list[int] = []
    monkeypatch.setattr("apps.operations.sending.send", lambda pk, queue, after=0.0: sent.append(pk))
    monkeypatch.setattr(sweeper, "this_host", no_host)
    with toy_flow(Toy("one"), Toy("two")):
        operation = a_toy_operation()
        assert sweeper.sweep(["server.local"]) == 0  # not overdue yet: the first message may still come
        Operation.objects.update(due_at=now() - timedelta(seconds=5))
        assert (sweeper.sweep(["server.local"]), sent) == (1, [operation.pk])
        Operation.objects.update(due_at=now() - timedelta(seconds=13))
        sweeper.sweep(["server.local"])

    operation.refresh_from_db()
    assert operation.status == "done"


def test_the_sweeper_leaves_another_servers_operations_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.operations.sending.send", lambda *args: pytest.fail("sent"))
    with toy_flow(Toy("one")):
        a_toy_operation()
        Operation.objects.update(due_at=now() - timedelta(seconds=60))
        assert sweeper.sweep(["server.b", "server.b.ask"]) == 0


@pytest.mark.parametrize("queue", ["server.b", "server.b.long", "server.local2", "server.localhost.long"])
def test_a_message_about_another_servers_operation_does_nothing(queue: str) -> None:
    """It is in this server's queue, by mistake or forged; and the other's claim may look like one of this machine."""
    with toy_flow(Toy("one")):
        operation = a_toy_operation()
        Operation.objects.update(queue=queue, claimed_by=f"{socket.gethostname()}:1:dead")
        tasks.advance(operation.pk)
        Operation.objects.update(claimed_by="")
        tasks.advance(operation.pk)
        assert (Toy.said, operation.lines.count()) == ([], 0)
        operation.refresh_from_db()
        assert (operation.status, operation.claimed_by) == ("pending", "")


def test_a_question_to_another_server_is_not_answered_here() -> None:
    elsewhere = Server.objects.create(name="b")
    question = Question.objects.create(kind="runtime", server=elsewhere, params={}, expires_at=now())
    assert tasks.answer(question.pk) == "nothing asked"
    question.refresh_from_db()
    assert question.answered_at is None


def test_the_lock_file_goes_when_the_operation_ends() -> None:
    with toy_flow(Toy("one")):
        operation = drive(a_toy_operation())
    assert not settings.PLACES.operation_lock(operation.pk).exists()


def test_a_database_that_is_locked_for_ten_seconds_only_delays(tmp_path: Path) -> None:
    """The writers have their turn within the time-out; the step is done once and done right."""

    def lock() -> None:
        with transaction.atomic():  # on SQLite nobody else writes from here on
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("LOCK TABLE operations_operation IN ACCESS EXCLUSIVE MODE")
            (tmp_path / "locked").touch()
            time.sleep(10)

    with toy_flow(Toy("one"), Toy("two")):
        operation = a_toy_operation()
        locker = start_child(lock)
        until((tmp_path / "locked").exists)
        begun = time.monotonic()
        drive(operation)
        assert time.monotonic() - begun > 5
        assert os.waitpid(locker, 0)[1] == 0

    assert operation.status == "done"
    assert [line.status for line in operation.lines.all()] == ["done", "done"]
