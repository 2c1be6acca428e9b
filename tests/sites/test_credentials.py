"""The first password: told once, to whoever asked for the site, by a runner that alone can open it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.models import User

from apps.audit.models import AuditRow
from apps.host.vault import Vault
from apps.operations import questions
from apps.operations.envelope import Envelope
from apps.operations.models import Operation, Question
from tests.make import a_client, a_site, a_user, an_operation

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
PASSWORD = "hunter2 hunter2"


@pytest.fixture
def machine(tmp_path: Any) -> Any:
    keys = tmp_path / "fernet"
    keys.write_bytes(Fernet.generate_key())
    return SimpleNamespace(vault=Vault(keys))


@pytest.fixture
def runner(machine: Any) -> Iterator[None]:
    """A runner that answers every question at once."""
    with patch("apps.operations.sending.ask", lambda question: questions.reply(question, machine)):
        yield


@pytest.fixture
def rose() -> User:
    return a_user()


@pytest.fixture
def operation(machine: Any, rose: User) -> Operation:
    """The finished creation of a WordPress site."""
    site = a_site(rose, host="rose.example.com", kind="wordpress")
    made = an_operation(site, rose, done=["site-user", "application"], status="done")
    made.lines.filter(key="application").update(memo={questions.SECRET: machine.vault.seal(PASSWORD)})
    return made


def ask(user: User, operation: Operation) -> Any:
    return a_client(user).post(f"/api/v1/operations/{operation.pk}/credentials/")


def kept(operation: Operation) -> bool:
    return operation.lines.filter(memo__has_key=questions.SECRET).exists()


@pytest.mark.usefixtures("runner")
def test_the_asker_is_told_once(rose: User, operation: Operation) -> None:
    answer = ask(rose, operation)
    address = f"https://rose.example.com:{settings.HTTPS_PORT}/wp-login.php"
    assert answer.json() == {"url": address, "user": "admin", "password": PASSWORD}
    assert answer["Cache-Control"] == "no-store"
    again = ask(rose, operation)
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")
    assert not kept(operation)
    assert not Question.objects.exists()
    row = AuditRow.objects.get(action="operation.reveal")
    assert (row.user, row.door, row.operation_id) == (rose, "api", operation.pk)


def test_the_password_is_never_written_down_as_it_is(machine: Any, rose: User, operation: Operation) -> None:
    written: list[str] = []

    def answer(question: Question) -> None:
        questions.reply(question, machine)
        written.append(json.dumps([question.answer, question.params]))

    with patch("apps.operations.sending.ask", answer):
        assert ask(rose, operation).json()["password"] == PASSWORD
    assert written
    assert PASSWORD not in written[0]


@pytest.mark.usefixtures("runner")
def test_nobody_else_is_told_not_even_the_hosts_people(operation: Operation) -> None:
    boss = a_user("boss", is_staff=True, is_superuser=True)
    for other in (a_user("eve"), boss):
        answer = ask(other, operation)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert kept(operation)


@pytest.mark.usefixtures("runner")
@pytest.mark.parametrize("status", ["pending", "running", "undone", "stuck"])
def test_what_is_not_done_has_no_credentials_yet(rose: User, operation: Operation, status: str) -> None:
    Operation.objects.update(status=status)
    answer = ask(rose, operation)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-state")
    assert kept(operation)


@pytest.mark.usefixtures("runner")
def test_what_installed_nothing_has_none(rose: User) -> None:
    answer = ask(rose, an_operation(a_site(rose), rose, done=["site-user"], status="done"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_without_a_runner_nothing_is_lost(rose: User, operation: Operation) -> None:
    with patch("apps.operations.questions.monotonic", count(step=6).__next__):
        answer = ask(rose, operation)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert kept(operation)
    assert not Question.objects.exists()


def test_an_answer_that_nobody_waits_for_keeps_the_secret(machine: Any, rose: User, operation: Operation) -> None:
    question = Question(
        pk=4711,  # its asker gave up, and took the row with him
        kind="credentials",
        server=operation.server,
        asked_by=rose,
        params={"operation": operation.pk, questions.ENVELOPE: Envelope().address},
    )
    with pytest.raises(Exception, match="did not affect any rows"):
        questions.reply(question, machine)
    assert kept(operation)


@pytest.mark.parametrize("asked_by", ["nobody", "eve"])
def test_a_question_made_up_by_somebody_else_is_refused_by_the_runner(
    machine: Any, operation: Operation, asked_by: str
) -> None:
    eve = a_user("eve")
    question = Question.objects.create(
        kind="credentials",
        server=operation.server,
        asked_by=eve if asked_by == "eve" else None,
        params={"operation": operation.pk},
        expires_at=operation.created_at,
    )
    questions.reply(question, machine)
    assert (question.answer, bool(question.refusal)) == (None, True)
    assert kept(operation)
