"""The administrator's recovery key: asked for, set, exchanged; made for whoever has no ``age-keygen``."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import load_command_class
from playwright.sync_api import expect

from apps.audit.models import AuditRow
from apps.backups import recovery
from apps.backups.models import BackupKey
from apps.backups.steps.recovery_key import SetRecoveryKey
from apps.host.archive import bech32
from apps.host.archive.keys import new_key
from apps.lifecycle.recovery_key import set_recovery_key
from apps.operations import questions
from apps.operations.asking import Ask
from apps.operations.models import Operation, Question, StepRun
from apps.operations.refusals import Forbidden, Invalid
from apps.operations.run import Run
from apps.servers.models import Server
from tests.doors.samples import RECIPIENT
from tests.doors.staff import at_the_door, boss, staff
from tests.doors.test_admin_pages import Visitor, _plain_http, address, browser, visitor
from tests.make import a_client, a_server, a_site, a_user

__all__ = ["_plain_http", "address", "browser", "visitor"]
pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
NO_POINT = bech32.encode("age", bytes(32))


@pytest.fixture(autouse=True)
def runner() -> Iterator[None]:
    """A runner that answers every question at once, and does nothing else."""
    machine: Any = SimpleNamespace(places=settings.PLACES)
    with (
        patch("apps.operations.sending.ask", lambda question: questions.reply(question, machine)),
        patch("apps.operations.sending.on_commit", lambda operation: None),
    ):
        yield


def used(server: Server) -> list[str]:
    return list(recovery.recovery_keys(server).values_list("recipient", flat=True))


def is_set(server: Server, recipient: str) -> None:
    operation = set_recovery_key(ME, server, recipient)
    line = StepRun.objects.create(operation=operation, key="recovery-key", position=1)
    SetRecoveryKey().do(Run(operation, lambda: pytest.fail("it needs no machine"), line))
    operation.holds.all().delete()


def test_a_new_one_retires_the_one_before_whose_row_stays() -> None:
    server = a_server()
    for recipient in (RECIPIENT, new_key().recipient):
        is_set(server, recipient)
        assert used(server) == [recipient]
    assert BackupKey.objects.get(recipient=RECIPIENT).retired_at is not None
    is_set(server, RECIPIENT)
    assert used(server) == [RECIPIENT]
    assert BackupKey.objects.count() == 2


WRONG = [
    ("age1", "cannot be read"),
    ("", "cannot be read"),
    (RECIPIENT[:-1] + "q", "its checksum is wrong"),
    (new_key().identity, "This is the key itself"),
    (NO_POINT, "stands for no key"),
    ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN", "cannot be read"),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=range(len(WRONG)))
def test_what_will_not_do_is_refused_and_stands_nowhere(text: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        set_recovery_key(ME, a_server(), text)
    assert not Operation.objects.exists()
    assert not any(text[8:] and text[8:] in str(row.__dict__) for row in AuditRow.objects.all())


def test_the_server_s_own_key_will_not_do_and_the_one_it_has_need_not_be_set() -> None:
    server, own = a_server(), new_key()
    BackupKey.objects.create(server=server, recipient=own.recipient, sealed_identity="sealed")
    with pytest.raises(Invalid, match="the server's own key"):
        set_recovery_key(ME, server, own.recipient)
    is_set(server, RECIPIENT)
    with pytest.raises(Invalid, match="is the recovery key already"):
        set_recovery_key(ME, server, f" {RECIPIENT.upper()}\n")


def test_it_is_the_host_s_staff_s_alone() -> None:
    rose = a_user("rose")
    site = a_site(rose)
    with pytest.raises(Forbidden):
        set_recovery_key(Ask(user=rose, door="test"), site.server, RECIPIENT)
    for verb, words in (("recovery", {"recipient": RECIPIENT}), ("recovery-key", {})):
        answer = a_client(rose).post(f"/api/v1/servers/{site.server_id}/{verb}/", words, format="json")
        assert answer.status_code == 404


def test_a_command_makes_one_that_age_reads_and_nothing_else_keeps_it(tmp_path: Path) -> None:
    a_server()
    file = tmp_path / "recovery.key"
    command: Any = load_command_class("apps.servers", "server")
    assert command.main("server", ["recovery-key", "local", "--credentials-file", str(file)]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    said = subprocess.run(["age-keygen", "-y", file], capture_output=True, text=True, check=True)
    assert f"# public key: {said.stdout}" in file.read_text()
    identity = file.read_text().splitlines()[-1]
    kept = [*Question.objects.values_list(), *AuditRow.objects.values_list(), *BackupKey.objects.values_list()]
    assert identity not in str(kept)
    assert AuditRow.objects.filter(action="server.recovery-key").exists()


def test_over_http_it_is_told_once_and_to_be_kept_in_no_cache() -> None:
    answer = a_client(staff("rose", may=("servers.change_server", "servers.view_server"))).post(
        f"/api/v1/servers/{a_server().pk}/recovery-key/", {}, format="json"
    )
    assert answer.status_code == 200, answer.content
    assert sorted(answer.json()) == ["identity", "recipient"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_whoever_starts_the_panel_is_told_until_there_is_one() -> None:
    server = a_server()
    assert "./panel server recovery-key local" in recovery.warning(server)
    is_set(server, RECIPIENT)
    assert recovery.warning(server) == ""


def test_the_dashboard_warns_whoever_can_do_something_about_it() -> None:
    server = a_server()
    assert b"There is no recovery key" in at_the_door(boss("rose")).get("/admin/").content
    assert b"There is no recovery key" not in at_the_door(staff("eve")).get("/admin/").content
    is_set(server, RECIPIENT)
    assert b"There is no recovery key" not in at_the_door(boss("ana")).get("/admin/").content


@pytest.mark.host
def test_a_person_makes_a_key_sets_it_and_is_warned_no_more(visitor: Visitor) -> None:
    server = a_server()
    page = visitor.comes_in_as(boss("rose")).looks_at("/admin/")
    expect(page.get_by_text("There is no recovery key")).to_be_visible()
    visitor.is_content()
    visitor.photographs("recovery-notice")
    page.get_by_role("link", name="Set it up").click()
    page.get_by_role("link", name="New recovery key").click()
    page.get_by_role("button", name="New recovery key").click()
    expect(page.get_by_text("AGE-SECRET-KEY-1")).to_be_visible()
    visitor.is_content()
    visitor.photographs("recovery-key")
    recipient = page.locator(".fp-code").first.inner_text()
    visitor.looks_at(f"/admin/servers/server/{server.pk}/change/")
    page.get_by_role("link", name="Recovery key", exact=True).click()
    page.get_by_label("Recipient").fill(recipient)
    page.get_by_label("Type local to confirm").fill("local")
    visitor.is_content()
    visitor.photographs("recovery-form")
    page.get_by_role("button", name="Set the key").click()
    expect(page.get_by_text("Recovery Key").first).to_be_visible()
    assert Operation.objects.get().params["recipient"] == recipient
