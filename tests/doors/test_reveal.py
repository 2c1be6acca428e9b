"""A database's password: told by a runner, each time written down, to whoever has just shown that it is him."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from axes.models import AccessAttempt
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import load_command_class
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.fresh import LASTS, PROVED
from apps.audit.models import AuditRow
from apps.databases.models import Database
from apps.host.vault import Vault
from apps.operations import questions
from apps.operations.management.base import NounCommand
from apps.operations.models import Operation, Question
from tests.doors.staff import at_the_door, boss, give, staff
from tests.make import a_client, a_site, a_user

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
PASSWORD = "canary canary canary canary"


@pytest.fixture(autouse=True)
def runner(tmp_path: Path) -> Iterator[Any]:
    """A runner that answers every question at once."""
    keys = tmp_path / "fernet"
    keys.write_bytes(Fernet.generate_key())
    machine: Any = SimpleNamespace(vault=Vault(keys), places=settings.PLACES)
    with patch("apps.operations.sending.ask", lambda question: questions.reply(question, machine)):
        yield machine


@pytest.fixture
def rose() -> User:
    return boss("rose")


@pytest.fixture
def database(rose: User, runner: Any) -> Database:
    made = a_site(rose, database=True).databases.get()
    made.sealed_password = runner.vault.seal(PASSWORD)
    made.save()
    return made


def address(database: Database) -> str:
    return f"/admin/sites/site/{database.site_id}/look/database/{database.pk}/reveal/"


def ask(client: Any, database: Database) -> Any:
    return client.post(f"/api/v1/databases/{database.pk}/reveal/", {}, format="json")


def stale(client: Client) -> Client:
    """The same session, six minutes later."""
    session = client.session
    session[PROVED] = int(time.time()) - LASTS - 60
    session.save()
    return client


def rows() -> list[tuple[str, str, str]]:
    return list(AuditRow.objects.filter(action="database.reveal").values_list("door", "outcome", "subject_label"))


def test_a_token_with_the_scope_is_told_and_it_is_written_down(rose: User, database: Database) -> None:
    answer = ask(a_client(rose, "database:reveal"), database)
    assert answer.json() == {
        "database": database.name,
        "user": database.name,
        "password": PASSWORD,
        "host": "localhost",
        "socket": str(settings.PLACES.mysql_socket),
    }
    assert answer["Cache-Control"] == "no-store"
    assert rows() == [("api", "accepted", database.name)]
    assert not Question.objects.exists()


def test_another_scope_and_another_person_are_not_told(rose: User, database: Database) -> None:
    assert ask(a_client(rose, "database:read", "database:change"), database).status_code == 403
    assert ask(a_client(a_user("eve")), database).status_code == 404
    viewer = a_user("vera")
    give(viewer, database.site)
    assert ask(a_client(viewer), database).status_code == 403
    assert rows() == [("api", "refused", database.name)]


def test_a_runner_does_not_take_the_doors_word_for_it(database: Database, runner: Any) -> None:
    viewer = a_user("vera")
    give(viewer, database.site)
    for user in (viewer, None):
        question = Question(
            kind="login",
            server=database.site.server,
            asked_by=user,
            params={"database": database.pk, "door": "api"},
            expires_at="2030-01-01T00:00:00Z",
        )
        question.save()
        questions.reply(question, runner)
        assert (question.answer, question.refusal != "") == (None, True)


def test_a_deleted_one_has_nothing_to_log_in_to(rose: User, database: Database) -> None:
    Database.objects.update(status="deleted")
    assert ask(a_client(rose), database).status_code == 409


def test_the_admin_tells_whoever_has_just_signed_in(rose: User, database: Database) -> None:
    client = at_the_door(rose)
    asked = client.get(address(database)).content.decode()
    assert PASSWORD not in asked
    assert "Your password" not in asked
    told = client.post(address(database))
    assert PASSWORD in told.content.decode()
    assert "no-store" in told["Cache-Control"]
    assert PASSWORD not in client.get(address(database)).content.decode()
    assert rows() == [("admin", "accepted", database.name)]


def test_later_the_admin_wants_the_password_again_and_then_not_for_five_minutes(
    rose: User, database: Database
) -> None:
    client = stale(at_the_door(rose))
    assert "Your password" in client.get(address(database)).content.decode()
    for wrong in ({}, {"proof-password": ""}, {"proof-password": "wrong"}, {"proof-password": "eve's long password"}):
        page = client.post(address(database), wrong).content.decode()
        assert PASSWORD not in page
        assert "Your password" in page
    assert rows() == []
    right = {"proof-password": "rose's long password"}
    assert PASSWORD in client.post(address(database), right).content.decode()
    assert PASSWORD in client.post(address(database)).content.decode()
    assert "Your password" in stale(client).get(address(database)).content.decode()


def test_whoever_has_a_device_shows_its_code_too(rose: User, database: Database) -> None:
    device = TOTPDevice.objects.create(user=rose, name="Authenticator", confirmed=True)
    client = stale(at_the_door(rose))
    right = {"proof-password": "rose's long password"}
    for code in ({}, {"proof-code": ""}, {"proof-code": "000000"}):
        assert PASSWORD not in client.post(address(database), {**right, **code}).content.decode()
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time()
    code = {"proof-code": f"{totp.token():06d}"}
    assert PASSWORD in client.post(address(database), {**right, **code}).content.decode()
    assert PASSWORD not in stale(client).post(address(database), {**right, **code}).content.decode()


def test_wrong_ones_are_counted_as_at_the_sign_in(rose: User, database: Database) -> None:
    client = stale(at_the_door(rose))
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        client.post(address(database), {"proof-password": "wrong"})
    assert AccessAttempt.objects.get().failures_since_start >= settings.AXES_FAILURE_LIMIT
    page = client.post(address(database), {"proof-password": "rose's long password"}).content.decode()
    assert PASSWORD not in page


def test_a_session_at_the_api_must_be_fresh_too(rose: User, database: Database) -> None:
    client = at_the_door(rose)
    path = f"/api/v1/databases/{database.pk}/reveal/"
    assert client.post(path, {}, content_type="application/json").status_code == 200
    answer = stale(client).post(path, {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "fresh-authentication")


def test_what_destroys_wants_a_fresh_sign_in_at_both_web_doors(rose: User, database: Database) -> None:
    client = stale(at_the_door(rose))
    page = f"/admin/sites/site/{database.site_id}/act/database/{database.pk}/delete/"
    words = {"confirm": database.name, "force": "on", "key": "8a5c0b1e-8f6e-4e0f-9d5e-2b7c3d1f0a11"}
    assert "Your password" in client.get(page).content.decode()
    assert "Your password" in client.post(page, words).content.decode()
    body = json.dumps({"confirm": database.name, "force": True})
    path = f"/api/v1/databases/{database.pk}/delete/"
    assert client.post(path, body, content_type="application/json").status_code == 403
    assert not Operation.objects.exists()
    planned = client.post(page, {**words, "plan": "1", "proof-password": ""})
    assert planned.context["plan"] is not None
    assert "This field is required" not in planned.content.decode()
    client.post(page, {**words, "proof-password": "rose's long password"})
    assert Operation.objects.get().flow == "database.delete"


def test_a_stranger_and_a_viewer_find_no_such_page(database: Database) -> None:
    viewer = staff("vera")
    give(viewer, database.site)
    for user in (viewer, staff("eve")):
        assert at_the_door(user).get(address(database)).status_code == 404
        assert at_the_door(user).post(address(database)).status_code == 404
    page = at_the_door(viewer).get(f"/admin/sites/site/{database.site_id}/tab/databases/").content.decode()
    assert address(database) not in page
    assert database.name in page


def test_the_tab_leads_to_it(rose: User, database: Database) -> None:
    tab = f"/admin/sites/site/{database.site_id}/tab/databases/"
    assert address(database) in at_the_door(rose).get(tab).content.decode()
    Database.objects.update(status="deleted")
    assert address(database) not in at_the_door(rose).get(tab).content.decode()


def by_command(*words: object) -> int:
    command = load_command_class("apps.databases", "database")
    assert isinstance(command, NounCommand)
    return command.main("database", [str(word) for word in words])


def test_the_command_fills_a_file_of_ones_own(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rose.txt"
    assert by_command("reveal", database.name, "--credentials-file", file) == 0
    assert f"password: {PASSWORD}\n" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSWORD not in "".join(capsys.readouterr())
    assert by_command("reveal", database.name, "--credentials-file", file) == 4


def test_the_command_prints_on_a_terminal_only(
    database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert by_command("reveal", database.name) == 2
    assert "name a --credentials-file" in capsys.readouterr().err
    assert rows() == []
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert by_command("reveal", database.name) == 0
    printed = capsys.readouterr()
    assert PASSWORD in printed.err
    assert PASSWORD not in printed.out
    assert by_command("reveal", "fp_nobody") == 3


def test_35_no_record_and_no_log_has_the_password(
    rose: User, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with patch("apps.operations.models.Question.delete"):
        ask(a_client(rose), database)
    written = [*Question.objects.values(), *AuditRow.objects.values(), *Database.objects.values()]
    assert PASSWORD not in f"{written} {caplog.text}"
