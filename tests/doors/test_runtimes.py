"""Runtimes through the three doors: listed and registered by the host's people, chosen for a site, moved to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import load_command_class
from django.test import Client

from apps.audit.models import AuditRow
from apps.host.errors import Refused
from apps.operations import questions
from apps.operations.management.base import NounCommand
from apps.operations.models import Operation, Question
from apps.servers.models import Runtime
from apps.sites.models import Site
from tests.doors.staff import RUNTIMES, SITES, at_the_door, boss, give, site_page, staff
from tests.make import a_client, a_server, a_site, a_user
from tests.parts.ground import open_folder
from tests.parts.runtimes import speaking

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
API = "/api/v1/runtimes/"
SIGN_IN = "/admin/login/"
APPS = {"site": "apps.sites", "runtime": "apps.servers"}


@dataclass
class Told:
    """*good*: it was done or accepted. *words*: all that a person reads there."""

    good: bool
    words: str


@pytest.fixture(autouse=True)
def runner(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answers at once what it is asked, with the real machine. Returns the kinds of questions it was asked."""
    asked: list[str] = []

    def answer(question: Question) -> None:
        asked.append(question.kind)
        questions.reply(question, None)  # type: ignore[arg-type]

    monkeypatch.setattr("apps.operations.sending.ask", answer)
    return asked


@pytest.fixture
def program() -> Iterator[Path]:
    with open_folder() as folder:
        yield speaking(folder / "frankenphp", zts=0)


def command(noun: str, verb: str, user: User, *words: str, printed: Any) -> Told:
    found = load_command_class(APPS[noun], noun)
    assert isinstance(found, NounCommand)
    printed.readouterr()
    code = found.main(noun, [verb, "--as", user.username, *words])
    said = printed.readouterr()
    return Told(code == 0, said.out + said.err)


def posted(client: Client, path: str, asked: dict[str, str]) -> Told:
    answer = client.post(path, asked, follow=True)
    errors = getattr(answer.context and answer.context.get("form"), "errors", None)
    notes = [str(note) for note in (answer.context or {}).get("messages", [])]
    words = " ".join([*notes, *(str(error) for field in (errors or {}).values() for error in field)])
    good = answer.status_code == 200 and not errors and answer.request["PATH_INFO"] != SIGN_IN
    return Told(good, words or f"HTTP {answer.status_code}")


def register(door: str, user: User, name: str, path: str, printed: Any) -> Told:
    if door == "admin":
        return posted(at_the_door(user), f"{RUNTIMES}add/", {"name": name, "path": path})
    if door == "api":
        answer = a_client(user).post(API, {"name": name, "path": path}, format="json")
        return Told(answer.status_code == 201, answer.content.decode())
    return command("runtime", "create", user, f"--path={path}", "--", name, printed=printed)


DOORS = pytest.mark.parametrize("door", ["admin", "api", "command"])


@DOORS
def test_a_runtime_is_registered_and_audited(door: str, program: Path, capsys: Any, runner: list[str]) -> None:
    server = a_server()
    told = register(door, boss(), "php-8.4", str(program), capsys)
    assert told.good, told.words
    runtime = Runtime.objects.get(name="php-8.4")
    assert (runtime.server, runtime.path, runtime.version) == (server, str(program), "1.12.7")
    assert (runtime.php_version, runtime.thread_safe) == ("8.4.1", False)
    row = AuditRow.objects.get()
    assert (row.action, row.outcome, row.door, row.subject_kind) == ("runtime.create", "accepted", door, "runtime")
    assert (row.subject_id, row.subject_label, row.name) == (runtime.pk, "php-8.4", "boss")
    assert runner == ["runtime"]
    assert not Question.objects.exists()


WRONG: list[tuple[str, str, str]] = [
    ("", "{program}", "1 to 40 of a-z"),
    ("x" * 41, "{program}", "1 to 40 of a-z"),
    ("PHP 8.4", "{program}", "1 to 40 of a-z"),
    ("-php", "{program}", "1 to 40 of a-z"),
    ("../etc", "{program}", "1 to 40 of a-z"),
    ("php\n", "{program}", "1 to 40 of a-z"),
    ("php-8.2", "{program}", "There is a runtime php-8.2 on local already"),
    ("php-8.4", "", "is absolute"),
    ("php-8.4", "frankenphp", "is absolute"),
    ("php-8.4", "--help", "is absolute"),
    ("php-8.4", "/opt/../{program}", "is absolute"),
    ("php-8.4", "/opt/x\n", "no line breaks"),
    ("php-8.4", f"/{'x' * 300}", "at most 255 bytes"),
    ("php-8.4", "/opt/frankenphp", "is the runtime php-8.2 already"),
    ("php-8.4", "/nonexistent/frankenphp", "There is no program /nonexistent/frankenphp"),
    ("php-8.4", "/bin/true", "/bin/true"),
]


@DOORS
@pytest.mark.parametrize(("name", "path", "sentence"), WRONG)
def test_bad_input_is_refused_in_a_sentence_and_audited(
    door: str, name: str, path: str, sentence: str, program: Path, capsys: Any
) -> None:
    a_server()
    told = register(door, boss(), name, path.format(program=program), capsys)
    assert not told.good
    assert sentence in told.words
    assert "Traceback" not in told.words
    assert Runtime.objects.count() == 1
    assert AuditRow.objects.get().outcome == "refused"


@DOORS
def test_only_the_hosts_people_with_the_right_register_one(door: str, program: Path, capsys: Any) -> None:
    """Who is staff without the right may not; nor who was given the right and is a customer."""
    a_server()
    for user in (staff("plain"), a_user("eve", may=["servers.add_runtime"]), a_user("nobody")):
        assert not register(door, user, "php-8.4", str(program), capsys).good
    assert Runtime.objects.count() == 1
    assert register(door, staff("trusted", may=["servers.add_runtime", "servers.view_runtime"]), "php-8.4",
                    str(program), capsys).good  # fmt: skip


@DOORS
def test_where_no_runner_answers_nothing_is_registered(
    door: str, program: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_server()
    monkeypatch.setattr("apps.operations.sending.ask", lambda question: None)
    monkeypatch.setattr("apps.servers.runtimes.PATIENCE", 0.0)
    told = register(door, boss(), "php-8.4", str(program), capsys)
    assert not told.good
    assert "No runner of local answers" in told.words
    assert Runtime.objects.count() == 1


def test_the_list_is_the_same_in_each_form_and_for_the_hosts_people_alone(capsys: Any) -> None:
    rose = boss("rose")
    site = a_site(rose)
    told = a_client(rose).get(API).json()
    row = told[0] if isinstance(told, list) else told["results"][0]
    assert row == {
        "id": site.runtime_id,
        "name": "php-8.2",
        "server": "local",
        "path": "/opt/frankenphp",
        "version": "1.12.7",
        "php_version": "8.2.32",
        "thread_safe": True,
        "sites": 1,
    }
    for form, words in (("plain", "php-8.2\tlocal\t8.2.32"), ("csv", "php-8.2,local"), ("json", '"thread_safe": true')):
        assert words in command("runtime", "list", rose, "--format", form, printed=capsys).words
    eve = a_user("eve")
    assert "php-8.2" not in a_client(eve).get(API).content.decode()
    assert a_client(eve).get(f"{API}{site.runtime_id}/").status_code == 404
    assert command("runtime", "list", eve, printed=capsys).words == ""
    assert at_the_door(staff()).get(RUNTIMES).status_code == 403
    assert "/opt/frankenphp" in at_the_door(rose).get(RUNTIMES).content.decode()


@pytest.fixture
def other() -> Runtime:
    facts = {"path": "/opt/php-8.4/frankenphp", "version": "1.12.7", "php_version": "8.4.1", "thread_safe": True}
    return Runtime.objects.create(server=a_server(), name="php-8.4", **facts)


def ask_for_a_site(door: str, user: User, runtime: str, printed: Any) -> Told:
    asked = {"name": "Rose", "kind": "custom", "domain": "rose.example.com", "runtime": runtime}
    if door == "admin":
        return posted(at_the_door(user), f"{SITES}add/", {**asked, "key": str(uuid4())})
    if door == "api":
        answer = a_client(user).post("/api/v1/sites/", asked, format="json")
        return Told(answer.status_code == 202, answer.content.decode())
    words = ("--kind=custom", "--domain=rose.example.com", f"--runtime={runtime}", "--no-wait", "--", "Rose")
    return command("site", "create", user, *words, printed=printed)


@DOORS
def test_a_site_is_created_on_the_chosen_runtime_else_on_the_first(door: str, other: Runtime, capsys: Any) -> None:
    rose = boss("rose")
    assert ask_for_a_site(door, rose, "php-8.4", capsys).good
    assert Site.objects.get().runtime == other
    Site.objects.get().domains.all().delete()
    Site.objects.all().delete()
    assert ask_for_a_site(door, rose, "", capsys).good
    assert Site.objects.get().runtime.name == "php-8.2"


@DOORS
@pytest.mark.parametrize("runtime", ["php-9", "/opt/php-8.4/frankenphp", "PHP-8.4", "php-8.4\n", "x" * 300, "0"])
def test_a_site_on_a_runtime_that_is_none_is_refused(door: str, runtime: str, other: Runtime, capsys: Any) -> None:
    told = ask_for_a_site(door, boss("rose"), runtime, capsys)
    assert not told.good
    assert "There is no runtime" in told.words
    assert "choose one of php-8.2, php-8.4." in told.words
    assert not Site.objects.exists()


def move_page(site: Site) -> str:
    return f"{SITES}{site.pk}/act/site/{site.pk}/runtime/"


def move(door: str, user: User, site: Site, runtime: str, printed: Any) -> Told:
    if door == "admin":
        told = posted(at_the_door(user), move_page(site), {"runtime": runtime, "key": str(uuid4())})
        return Told(told.good and told.words == "HTTP 200", told.words)
    if door == "api":
        answer = a_client(user).post(f"/api/v1/sites/{site.pk}/runtime/", {"runtime": runtime}, format="json")
        return Told(answer.status_code == 202, answer.content.decode())
    return command("site", "runtime", user, "--no-wait", "--", site.slug, runtime, printed=printed)


@DOORS
def test_a_move_is_the_same_operation_through_each_door(door: str, other: Runtime, capsys: Any) -> None:
    rose = boss("rose")
    site = a_site(rose)
    told = move(door, rose, site, "php-8.4", capsys)
    assert told.good, told.words
    operation = Operation.objects.get()
    assert (operation.flow, operation.door, operation.status) == ("site.switch-runtime", door, "pending")
    assert operation.params == {"site_id": site.pk, "runtime_id": other.pk, "holds": [f"site:{site.pk}"]}
    assert AuditRow.objects.get().operation_id == operation.pk
    again = move(door, rose, site, "php-8.4", capsys)
    assert not again.good
    assert f"Operation {operation.pk} (site.switch-runtime) is at work" in again.words


@DOORS
@pytest.mark.parametrize(
    ("runtime", "sentence"),
    [("php-9", "choose one of php-8.2, php-8.4."), ("", "There is no runtime"), ("php-8.2", "runs on php-8.2 already")],
)
def test_a_move_to_nowhere_is_refused(door: str, runtime: str, sentence: str, other: Runtime, capsys: Any) -> None:
    rose = boss("rose")
    told = move(door, rose, a_site(rose), runtime, capsys)
    assert not told.good
    assert sentence in told.words
    assert not Operation.objects.exists()
    assert AuditRow.objects.get().outcome == "refused"


@DOORS
def test_who_may_only_see_a_site_does_not_move_it(door: str, other: Runtime, capsys: Any) -> None:
    site = a_site(boss())
    stan, eve = staff("stan"), staff("eve")
    give(stan, site)
    for user in (stan, eve):
        assert not move(door, user, site, "php-8.4", capsys).good
    assert not Operation.objects.exists()


@pytest.mark.usefixtures("other")
def test_the_site_page_offers_the_move_to_who_may_and_shows_its_plan() -> None:
    rose, stan = boss("rose"), staff("stan")
    site = a_site(rose)
    give(stan, site)
    assert move_page(site) in at_the_door(rose).get(site_page(site)).content.decode()
    assert move_page(site) not in at_the_door(stan).get(site_page(site)).content.decode()
    assert "php-8.4: PHP" in at_the_door(rose).get(move_page(site)).content.decode()
    asked = {"runtime": "php-8.4", "plan": "1", "key": str(uuid4())}
    answer = at_the_door(rose).post(move_page(site), asked)
    assert "start it with /opt/php-8.4/frankenphp on port" in answer.content.decode()
    assert not Operation.objects.exists()


@pytest.mark.usefixtures("other")
def test_a_dry_run_tells_the_steps_and_leaves_nothing(capsys: Any) -> None:
    rose = boss("rose")
    site = a_site(rose)
    told = command("site", "runtime", rose, "--dry-run", site.slug, "php-8.4", printed=capsys)
    plan: Callable[..., Any] = a_client(rose).post
    shown = plan(f"/api/v1/sites/{site.pk}/runtime/?plan=1", {"runtime": "php-8.4"}, format="json").json()
    wanted = ["runtime-look", "runtime-switch", "runtime-visit", "front-load"]
    assert [step["key"] for step in shown["steps"]] == wanted
    assert all(step["sentence"] in told.words for step in shown["steps"])
    assert not Operation.objects.exists()
    assert not AuditRow.objects.exists()


def test_the_sentence_of_a_runner_stands_beside_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    a_server()

    def refuse(path: Path) -> None:
        raise Refused(f"{path} is out of order.")

    monkeypatch.setattr("apps.servers.questions.admit", refuse)
    answer = a_client(boss()).post(API, {"name": "php-8.4", "path": "/opt/x"}, format="json")
    assert answer.json()["errors"] == [{"field": "path", "detail": "/opt/x is out of order."}]
