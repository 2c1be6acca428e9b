"""The command line: results on stdout, one sentence on stderr, and exit codes that scripts may rely on."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import load_command_class
from django.db import OperationalError
from django.utils.timezone import now

from apps.accounts.models import ApiToken
from apps.databases.models import Database
from apps.domains.models import Domain
from apps.host.vault import Vault
from apps.operations.management.base import NounCommand
from apps.operations.models import Hold, Operation, StepRun
from apps.operations.questions import SECRET
from apps.servers.models import Server
from apps.sites.models import Site
from tests.make import a_client, a_server, a_site, a_user, an_operation

pytestmark = pytest.mark.django_db
MANAGE = Path(__file__).parents[2] / "manage.py"
ASKED = ("Rose & Sons", "--kind", "wordpress", "--domain", "rose.example.com")
APPS = {"site": "apps.sites", "operation": "apps.operations", "token": "apps.accounts", "runtime": "apps.servers"}


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Panel = Callable[..., Said]


@pytest.fixture
def panel(capsys: pytest.CaptureFixture[str]) -> Panel:
    """Run a command as ``./panel`` does, in this process."""
    a_server()

    def run(noun: str, *arguments: object) -> Said:
        command = load_command_class(APPS[noun], noun)
        assert isinstance(command, NounCommand)
        capsys.readouterr()
        try:
            code = command.main(noun, [str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run


def refused(said: Said, code: int) -> str:
    """The one sentence, and nothing else."""
    assert (said.code, said.out) == (code, ""), said
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    return said.err


def nothing_is_left() -> bool:
    return not any(model._default_manager.exists() for model in (Site, Domain, Database, Operation, Hold))


@pytest.fixture
def runner() -> Iterator[dict[str, Any]]:
    """Whoever waits sees the operation end, as the values say: ``{"status": "done"}`` unless a test changes them."""
    ending: dict[str, Any] = {"status": "done", "ended_at": now()}

    def watch(pk: int) -> Iterator[Operation]:
        yield Operation.objects.get(pk=pk)
        operation = Operation.objects.get(pk=pk)
        StepRun.objects.create(operation=operation, position=1, key="site-user", status="done", ended_at=now())
        Operation.objects.filter(pk=pk).update(**ending)
        yield Operation.objects.get(pk=pk)

    with patch("apps.operations.management.following.watch", watch):
        yield ending


def test_without_waiting_the_operation_and_the_site_are_printed(panel: Panel) -> None:
    said = panel("site", "create", *ASKED, "--no-wait", "--format", "json")
    assert (said.code, said.err) == (0, "")
    assert said.json["site"]["slug"] == "rose-sons"
    assert said.json["operation"]["status"] == "pending"


def test_each_door_begins_the_same_operation(panel: Panel) -> None:
    here = panel("site", "create", *ASKED, "--no-wait", "--format", "json").json
    client = a_client(a_user(is_superuser=True))
    asked = {"name": ASKED[0], "kind": "wordpress", "domain": "other.example.com"}
    there = client.post("/api/v1/sites/", asked, format="json").json()
    assert {key: type(value) for key, value in here["site"].items()} == {
        key: type(value) for key, value in there["site"].items()
    }
    assert here["operation"]["steps"] == there["operation"]["steps"]
    one, other = Operation.objects.order_by("id")
    assert one.params.keys() == other.params.keys()
    assert (one.flow, one.queue, one.subject_label) == (other.flow, other.queue, other.subject_label)
    assert (one.door, other.door) == ("command", "api")


def test_lists_and_shows_are_the_shapes_of_the_api(panel: Panel) -> None:
    boss = a_user(is_superuser=True)
    site = a_site(boss, database=True)
    operation = an_operation(site, boss, done=["site-user"])
    client = a_client(boss)
    for noun, pk in (("site", site.pk), ("operation", operation.pk)):
        told = client.get(f"/api/v1/{noun}s/{pk}/").json()
        assert panel(noun, "show", pk, "--format", "json").json == told
        assert panel(noun, "list", "--format", "json").json == [told]


def test_a_site_is_found_by_slug_and_by_id(panel: Panel) -> None:
    site = a_site(slug="rose")
    for name in ("rose", site.pk):
        assert panel("site", "show", name, "--format", "json").json["id"] == site.pk


def test_lists_come_as_csv_plain_and_table(panel: Panel) -> None:
    site = a_site(name="Rose, [bold]Sons[/bold]")
    rows = list(csv.DictReader(io.StringIO(panel("site", "list", "--format", "csv").out)))
    assert (rows[0]["name"], rows[0]["url"]) == (site.name, site.url)
    assert panel("site", "list").out.split("\t")[:3] == [str(site.pk), site.slug, site.name]
    assert site.name in panel("site", "list", "--format", "table").out.replace("\n", " ")
    assert f"url\t{site.url}\n" in panel("site", "show", site.slug).out


def test_what_another_program_wrote_cannot_command_the_terminal(panel: Panel) -> None:
    operation = an_operation(a_site(), error="worse\x1b[2J\rthan\nthat", status="undone")
    for form in ("plain", "table", "csv"):
        assert "\x1b" not in panel("operation", "show", operation.pk, "--format", form).out


def test_waiting_prints_the_site_and_its_steps_beside_it(panel: Panel, runner: dict[str, Any]) -> None:
    said = panel("site", "create", *ASKED, "--wait", "--format", "json")
    assert (said.code, said.json["slug"]) == (0, "rose-sons")
    assert "1 Site user: done" in said.err


def test_waiting_for_what_goes_back_fails_with_its_reason(panel: Panel, runner: dict[str, Any]) -> None:
    runner |= {"status": "undone", "error": "The disk has 3 bytes left; make room."}
    said = panel("site", "create", *ASKED, "--wait", "--format", "json")
    assert (said.code, said.out) == (1, "")
    assert said.err.endswith("The disk has 3 bytes left; make room.\n")


def test_a_terminal_is_waited_on_and_sees_the_steps(
    panel: Panel, runner: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True, raising=False)
    said = panel("site", "create", "Rose", "--kind", "static", "--domain", "rose.example.com")
    assert said.code == 0
    assert "rose.example.com" in said.out
    assert "✓" in said.err


@pytest.fixture
def answered(runner: dict[str, Any]) -> Iterator[None]:
    """A runner that answers at once; and every new operation has a first password sealed in its journal."""
    key = settings.PLACES.root / "test-fernet"
    key.write_bytes(Fernet.generate_key())
    vault = Vault(key)

    class Machine:
        pass

    machine: Any = Machine()
    machine.vault = vault

    def ask(question: Any) -> None:
        from apps.operations.questions import reply

        reply(question, machine)

    def has_some(operation: Operation) -> bool:
        line = operation.lines.get()
        if not line.memo:
            line.memo = {SECRET: vault.seal("hunter2 hunter2")}
            line.save()
        return True

    with (
        patch("apps.operations.sending.ask", ask),
        patch("apps.sites.management.commands.site.credentials.has_some", has_some),
    ):
        yield
    key.unlink()


def test_the_first_password_goes_to_a_file_that_only_its_owner_reads(
    panel: Panel, answered: None, tmp_path: Path
) -> None:
    file = tmp_path / "rose.txt"
    said = panel("site", "create", *ASKED, "--credentials-file", file, "--format", "json")
    assert said.code == 0, said
    assert "hunter2" not in said.out + said.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    address = f"https://rose.example.com:{settings.HTTPS_PORT}/wp-login.php"
    assert file.read_text() == f"address: {address}\nuser: admin\npassword: hunter2 hunter2\n"
    assert said.json["slug"] == "rose-sons"


def test_the_first_password_is_printed_on_a_terminal_only(
    panel: Panel, answered: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = panel("site", "create", *ASKED, "--wait")
    assert "hunter2" not in said.out + said.err
    assert "./panel operation reveal" in said.err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    said = panel("operation", "reveal", Operation.objects.get().pk)
    assert "password: hunter2 hunter2" in said.err
    assert said.out == ""


def test_a_credentials_file_that_is_there_is_left_alone_and_nothing_begins(panel: Panel, tmp_path: Path) -> None:
    file = tmp_path / "rose.txt"
    file.write_text("mine")
    refused(panel("site", "create", *ASKED, "--credentials-file", file), 4)
    refused(panel("site", "create", *ASKED, "--credentials-file", tmp_path / "no" / "folder"), 2)
    (tmp_path / "link").symlink_to(tmp_path / "target")
    refused(panel("site", "create", *ASKED, "--credentials-file", tmp_path / "link"), 4)
    assert file.read_text() == "mine"
    assert not (tmp_path / "target").exists()
    assert nothing_is_left()


def test_a_file_that_got_no_password_goes(panel: Panel, runner: dict[str, Any], tmp_path: Path) -> None:
    runner["status"] = "undone"
    panel("site", "create", *ASKED, "--credentials-file", tmp_path / "rose.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_names_the_steps_and_leaves_nothing(panel: Panel) -> None:
    said = panel("site", "create", *ASKED, "--dry-run", "--format", "json")
    assert said.json["flow"] == "site.create"
    assert str(settings.PLACES.site("rose-sons")) in said.out
    assert "rose.example.com" in panel("site", "create", *ASKED, "--dry-run").out
    assert nothing_is_left()


@pytest.mark.parametrize("name", ["", " ", "a" * 300, "../../etc", "--help", "-x", "con\n", "🦝", "\udcff", "\x1b[2J"])
def test_a_wrong_name_is_refused_in_a_sentence_and_leaves_nothing(panel: Panel, name: str) -> None:
    said = panel("site", "create", "--no-wait", "--kind", "static", "--domain", "a.example.com", "--", name)
    refused(said, 2)
    assert nothing_is_left()


@pytest.mark.parametrize("host", ["", "localhost", "a.ex\n", "a{b.ex", "a.ex:80", "a.ex/x", "\udcff"])
def test_a_wrong_domain_is_refused_in_a_sentence_and_leaves_nothing(panel: Panel, host: str) -> None:
    refused(panel("site", "create", "Rose", "--no-wait", "--kind", "static", f"--domain={host}"), 2)
    assert nothing_is_left()


def test_what_is_taken_missing_or_full_has_an_exit_code_of_its_own(panel: Panel) -> None:
    a_site(host="rose.example.com")
    assert "rose.example.com" in refused(panel("site", "create", *ASKED, "--no-wait"), 4)
    refused(panel("site", "show", "nowhere"), 3)
    refused(panel("site", "show", "9" * 400), 3)
    refused(panel("operation", "show", 4711), 3)
    refused(panel("operation", "cancel", 4711), 3)
    refused(panel("site", "list", "--as", "nobody"), 3)
    refused(panel("operation", "resume", an_operation(a_site(port=8081)).pk), 1)
    Server.objects.update(first_port=8081, last_port=8081)
    refused(panel("site", "create", "Lily", "--no-wait", "--kind", "static", "--domain", "b.example.com"), 8)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["frobnicate"],
        ["create"],
        ["create", "Rose"],
        ["create", "Rose", "--kind"],
        ["show"],
        ["show", "a", "b"],
        ["list", "--format", "xml"],
        ["list", "--status", "strange"],
        ["list", "--colour"],
        ["create", *ASKED, "--no-wait", "--credentials-file", "x"],
    ],
)
def test_words_that_make_no_command_are_refused_in_a_sentence(panel: Panel, words: list[str]) -> None:
    refused(panel("site", *words), 2)
    assert nothing_is_left()


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "٣", "9" * 19])
def test_a_number_that_is_none_is_refused_in_a_sentence(panel: Panel, number: str) -> None:
    refused(panel("operation", "show", "--format=json", number), 2)


@pytest.mark.parametrize("noun", APPS)
def test_every_verb_has_an_example_in_its_help(panel: Panel, noun: str) -> None:
    command = load_command_class(APPS[noun], noun)
    assert isinstance(command, NounCommand)
    for verb in command.verbs:
        said = panel(noun, verb.name, "--help")
        assert said.code == 0
        assert f"./panel {noun} {verb.name}" in said.out.partition("example:")[2]


def test_the_console_is_made_when_it_is_first_needed(panel: Panel) -> None:
    panel("site", "list")
    panel("site", "list")
    console = User.objects.get(username="console")
    assert console.is_superuser
    assert not console.has_usable_password()


def test_acting_as_somebody_is_limited_to_what_that_person_may(panel: Panel) -> None:
    rose = a_user()
    mine, foreign = a_site(rose), a_site(a_user("eve"))
    assert [site["id"] for site in panel("site", "list", "--as", "rose", "--format", "json").json] == [mine.pk]
    refused(panel("site", "show", foreign.pk, "--as", "rose"), 3)
    refused(panel("site", "create", *ASKED, "--no-wait", "--as", "rose"), 10)
    rose.is_active = False
    rose.save()
    refused(panel("site", "list", "--as", "rose"), 10)


def test_65_the_same_key_gives_the_same_operation(panel: Panel) -> None:
    asked = ("site", "create", *ASKED, "--no-wait", "--format", "json", "--idempotency-key", "once")
    assert panel(*asked).json == panel(*asked).json
    refused(panel(*asked, "--database"), 2)
    assert Operation.objects.count() == 1


def test_an_operation_is_watched_to_its_end(panel: Panel, runner: dict[str, Any]) -> None:
    said = panel("operation", "watch", an_operation(a_site()).pk, "--format", "json")
    assert (said.code, said.json["status"]) == (0, "done")


def test_watching_what_goes_back_ends_with_1(panel: Panel, runner: dict[str, Any]) -> None:
    runner |= {"status": "stuck", "error": "Caddy refused."}
    operation = an_operation(a_site())
    said = panel("operation", "watch", operation.pk, "--format", "json")
    assert (said.code, said.json["status"]) == (1, "stuck")
    assert f"./panel operation resume {operation.pk}" in said.err


def test_cancelling_waits_if_asked_to(panel: Panel, runner: dict[str, Any]) -> None:
    runner["status"] = "undone"
    operation = an_operation(a_site())
    assert panel("operation", "cancel", operation.pk, "--wait", "--format", "json").json["status"] == "undone"


def test_a_token_is_printed_once_and_opens_the_api(panel: Panel) -> None:
    words = ("--name", "ci", "--scope", "site:read", "operation:read", "--days", "7", "--format", "json")
    said = panel("token", "create", *words)
    assert said.code == 0, said
    client = a_client(a_user())
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {said.json['token']}")
    assert client.get("/api/v1/sites/").status_code == 200
    listed = panel("token", "list", "--format", "json")
    assert listed.json[0]["scopes"] == ["operation:read", "site:read"]
    assert said.json["token"] not in listed.out
    assert panel("token", "delete", "ci").code == 0
    assert client.get("/api/v1/sites/").status_code == 401


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--name", "ci", "--scope", "root", "--days", "7"], 2),
        (["--name", "ci", "--scope", "site:read", "--days", "0"], 2),
        (["--name", "ci", "--scope", "site:read", "--days", "x"], 2),
        (["--name", "", "--scope", "site:read", "--days", "7"], 2),
        (["--name", "ci", "--scope", "site:read", "--days", "7", "--as", "nobody"], 3),
        (["--name", "ci", "--days", "7"], 2),
    ],
)
def test_a_token_out_of_form_is_refused(panel: Panel, words: list[str], code: int) -> None:
    refused(panel("token", "create", *words), code)
    assert not ApiToken.objects.exists()


def test_a_fault_is_told_without_its_traceback(panel: Panel) -> None:
    with patch("apps.sites.management.commands.site.create_site", side_effect=KeyError("hunter2")):
        sentence = refused(panel("site", "create", *ASKED, "--no-wait"), 1)
    assert "hunter2" not in sentence


def test_a_database_that_is_away_is_said_in_a_sentence(panel: Panel) -> None:
    with patch("apps.sites.visible.Site.objects.all", side_effect=OperationalError("unable to open database file")):
        refused(panel("site", "list"), 17)


def test_breaking_off_says_that_the_operation_goes_on(panel: Panel) -> None:
    with patch("apps.operations.management.following.watch", side_effect=KeyboardInterrupt):
        said = panel("site", "create", *ASKED, "--wait")
    assert f"./panel operation watch {Operation.objects.get().pk}" in refused(said, 130)


@pytest.mark.parametrize("url", ["", "sqlite:////nowhere/at/all.sqlite3"])
def test_a_panel_that_was_never_started_says_so(tmp_path: Path, url: str) -> None:
    environment = {**os.environ, "FRANKENPANEL_ROOT": str(tmp_path), "DATABASE_URL": url}
    command = [sys.executable, str(MANAGE), "site", "list"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    refused(Said(done.returncode, done.stdout, done.stderr), 17)


def test_a_wrong_setting_is_said_in_a_sentence() -> None:
    environment = {**os.environ, "FRANKENPANEL_HTTPS_PORT": "many"}
    command = [sys.executable, str(MANAGE), "site", "list"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "FRANKENPANEL_HTTPS_PORT" in refused(Said(done.returncode, done.stdout, done.stderr), 1)
