"""Every lifecycle can be asked for, planned, and is refused alike through the admin, the API and the command line.

From one table: an act without a sample fails here, so that none is forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import get_commands, load_command_class

from apps.audit.models import AuditRow
from apps.backups.models import Target
from apps.operations.doors.forms import address_of
from apps.operations.doors.table import Act, Noun
from apps.operations.management.base import NounCommand
from apps.operations.models import Operation
from apps.servers.models import Runtime
from apps.sites.models import Site
from tests.doors.samples import OF_A_SERVER, SAMPLES, every_act
from tests.doors.staff import at_the_door, boss, give, site_page
from tests.make import a_client, a_server, a_site, a_user

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
ACTS = [pytest.param(noun, act, id=f"{noun.name} {act.verb}") for noun, act in every_act()]
EACH = pytest.mark.parametrize(("noun", "act"), ACTS)
Ask = Callable[[User, Noun, Act, Any, dict[str, Any]], str]


def through_the_admin(user: User, noun: Noun, act: Act, subject: Any, words: dict[str, Any]) -> str:
    confirm = {"confirm": noun.subject(act).called(subject)} if act.confirm else {}
    asked = {name: "on" if value is True else value for name, value in words.items() if value is not False}
    answer = at_the_door(user).post(
        address_of(noun, act, subject), {**asked, **confirm, "key": str(uuid4())}, follow=True
    )
    form = (answer.context or {}).get("form")
    errors = [str(error) for field in getattr(form, "errors", {}).values() for error in field]
    return " ".join([*errors, *(str(note) for note in (answer.context or {}).get("messages", []))])


def through_the_api(user: User, noun: Noun, act: Act, subject: Any, words: dict[str, Any]) -> str:
    of = noun.subject(act)
    confirm = {"confirm": of.called(subject)} if act.confirm else {}
    address = f"/api/v1/{noun.name}s/" if act.creates else f"/api/v1/{noun.name}s/{subject.pk}/"
    address += "" if act.verb in ("create", "update") else f"{act.verb}/"
    parent = {noun.parent: of.called(subject)} if act.creates else {}
    client = a_client(user)
    if act.verb == "update":
        answer = client.patch(address, {**words, **confirm}, format="json")
    else:
        answer = client.post(
            address, {**words, **parent, **confirm}, format="json"
        )
    return str(json.loads(answer.content).get("detail", ""))


class ByCommand:
    def __init__(self, folder: Path, printed: pytest.CaptureFixture[str]) -> None:
        self.folder, self.printed = folder, printed
        self.more: list[str] = []

    def __call__(self, user: User, noun: Noun, act: Act, subject: Any, words: dict[str, Any]) -> str:
        required, options = [], ["--no-wait", "--as", user.get_username(), *self.more]
        options += ["--yes"] if act.confirm else []
        for field in act.fields:
            if field.name in words:
                option = f"--{field.name.replace('_', '-')}"
                value = words[field.name]
                if field.comes_from_a_file:
                    file = self.folder / field.name
                    file.write_text(value)
                    options += [f"{option}-file", str(file)]
                elif field.type == "flag":
                    options += [option if value else f"--no-{option[2:]}"]
                elif field.required:
                    required.append(str(value))
                else:
                    options += [f"{option}={value}"]
        self.printed.readouterr()
        command = load_command_class(get_commands()[noun.name], noun.name)
        assert isinstance(command, NounCommand)
        command.main(noun.name, [act.verb, *options, "--", noun.subject(act).called(subject), *required])
        return self.printed.readouterr().err.strip()


@pytest.fixture
def doors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Ask]:
    return {"admin": through_the_admin, "api": through_the_api, "command": ByCommand(tmp_path, capsys)}


@EACH
def test_every_act_has_a_sample(noun: Noun, act: Act) -> None:
    assert (noun.name, act.verb) in SAMPLES


@EACH
def test_an_act_gives_the_same_operation_through_each_door(noun: Noun, act: Act, doors: dict[str, Ask]) -> None:
    sample, rose = SAMPLES[noun.name, act.verb], boss("rose")
    gave = {}
    for name, ask in doors.items():
        site = a_site(rose, f"Site {name}", database=True)
        subject = sample.ready(site)
        words = {key: f"{name}{value}" if key in ("host", "domain") else value for key, value in sample.words.items()}
        told = ask(rose, noun, act, subject, words)
        operation = Operation.objects.filter(door=name).first()
        assert operation is not None, f"{name}: {told}"
        assert AuditRow.objects.get(door=name, operation_id=operation.pk).outcome == "accepted"
        about = "server" if noun.name in OF_A_SERVER else "site"
        assert (operation.subject_kind, operation.asked_by) == (about, rose)
        gave[name] = (operation.flow, operation.queue, sorted(operation.params))
        for made in Operation.objects.filter(door=name):
            made.holds.all().delete()
        _clear_the_way()
    assert gave["admin"] == gave["api"] == gave["command"]


def _clear_the_way() -> None:
    """The next door's request is about things of the same names."""
    Site.objects.update(runtime=a_server().runtimes.get(name="php-8.2"))
    Runtime.objects.exclude(name="php-8.2").delete()
    Target.objects.filter(name="away").delete()


@EACH
def test_its_plan_is_shown_and_nothing_is_done(noun: Noun, act: Act) -> None:
    sample, rose = SAMPLES[noun.name, act.verb], boss("rose")
    subject = sample.ready(a_site(rose, database=True))
    confirm = {"confirm": noun.subject(act).called(subject)} if act.confirm else {}
    page = at_the_door(rose).post(
        address_of(noun, act, subject), {**sample.words, **confirm, "plan": "1", "key": str(uuid4())}
    )
    assert page.context["plan"] is not None, page.context["form"].errors
    assert len(page.context["plan"].steps) > 0
    assert not Operation.objects.exists()


@EACH
def test_whoever_may_not_is_offered_nothing_and_refused_everywhere(
    noun: Noun, act: Act, doors: dict[str, Ask]
) -> None:
    sample, viewer = SAMPLES[noun.name, act.verb], a_user("vera", is_staff=True)
    site = a_site(boss(), database=True)
    give(viewer, site)
    subject = sample.ready(site)
    for ask in doors.values():
        ask(viewer, noun, act, subject, dict(sample.words))
    assert not Operation.objects.exists()
    assert address_of(noun, act, subject) not in at_the_door(viewer).get(site_page(site)).content.decode()


@EACH
def test_somebody_elses_is_not_there(noun: Noun, act: Act, doors: dict[str, Ask]) -> None:
    stranger = a_user("eve", is_staff=True)
    subject = SAMPLES[noun.name, act.verb].ready(a_site(boss(), database=True))
    for ask in doors.values():
        ask(stranger, noun, act, subject, dict(SAMPLES[noun.name, act.verb].words))
    assert not Operation.objects.exists()


@EACH
def test_its_address_wants_the_name_where_it_destroys(noun: Noun, act: Act) -> None:
    if not act.confirm:
        return
    rose = boss("rose")
    subject = SAMPLES[noun.name, act.verb].ready(a_site(rose, database=True))
    words = SAMPLES[noun.name, act.verb].words
    for typed in ({}, {"confirm": "something else"}):
        address = f"/api/v1/{noun.name}s/{subject.pk}/{act.verb}/"
        assert a_client(rose).post(address, {**words, **typed}, format="json").status_code == 422
        at_the_door(rose).post(address_of(noun, act, subject), {**words, **typed, "key": str(uuid4())})
    assert not Operation.objects.exists()
