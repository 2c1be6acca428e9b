"""What nobody should send, sent for every act of every noun, from the table: a sentence, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse

from apps.operations.doors.forms import address_of
from apps.operations.doors.table import Act, Field, Noun
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.doors.samples import OF_A_SERVER, SAMPLES, every_act
from tests.doors.staff import at_the_door, boss
from tests.doors.test_pairs import post
from tests.doors.test_parity import EACH, ByCommand, through_the_admin, through_the_api
from tests.make import a_client, a_site, a_user

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
NOWHERE, MOST_FIELDS = 999_999, 4
LONG = "x" * 10_000
TEXTS = {"empty": "", "long": LONG, "NUL": "a\0b", "newline": "a\nb", "emoji": "🌹", "words": "a b; $(id) '\"<b>"}
WRONG_TYPES: dict[str, Any] = {"null": None, "list": ["a"], "object": {"a": 1}, "number": 1.5, "flag": True}
OURS = ("sites", "domains", "databases", "operations", "servers", "workers", "cron", "backups")
UNFINISHED = (Site.Status.CREATING, Site.Status.DELETING)
REMAINS = {("database", "purge"), ("site", "purge")}
REMAINS |= {("backup", verb) for verb in ("clone", "verify", "update", "delete")}
REMAINS |= {("notice", "test"), ("notice", "delete")}
"""Acts about what a site has left behind: whatever becomes of the site."""
OF_A_SITE = pytest.mark.parametrize(
    ("noun", "act"),
    [
        pytest.param(noun, act, id=f"{noun.name} {act.verb}")
        for noun, act in every_act()
        if noun.name not in OF_A_SERVER
    ],
)
FAULT = "has a fault"
Door = Callable[[User, Noun, Act, Any, dict[str, Any]], str]


class Undo(Exception):
    """Ends a transaction that is thrown away."""


@contextmanager
def thrown_away() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise Undo
    except Undo:
        return


def written() -> dict[str, list[Any]]:
    """All that the panel's own tables hold."""
    models = [
        model for app in OURS if apps.is_installed(f"apps.{app}") for model in apps.get_app_config(app).get_models()
    ]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


@pytest.fixture
def rose() -> User:
    return boss("rose")


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> ByCommand:
    return ByCommand(tmp_path, capsys)


def ready(user: User, noun: Noun, act: Act) -> Any:
    return SAMPLES[noun.name, act.verb].ready(a_site(user, database=True))


@EACH
def test_what_is_not_there_is_not_found_at_any_door(noun: Noun, act: Act, rose: User, command: ByCommand) -> None:
    subject, words = ready(rose, noun, act), SAMPLES[noun.name, act.verb].words
    before, site = written(), noun.subject(act).site_of(subject)
    missing = type(subject)(pk=NOWHERE, **{noun.subject(act).key: "nowhere"})
    if isinstance(missing, Site):
        missing.server, missing.runtime = site.server, site.runtime
    answer = post(a_client(rose), noun, act, missing, words)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), answer.content
    page = reverse("admin:sites_site_act", args=[site.pk, noun.name, NOWHERE, act.verb])
    assert at_the_door(rose).post(page, {**words, "key": str(uuid4())}).status_code == 404
    assert "There is no" in command(rose, noun, act, missing, words)
    assert written() == before


@EACH
def test_somebody_elses_is_told_like_one_that_is_not_there(noun: Noun, act: Act, command: ByCommand) -> None:
    stranger, subject = a_user("eve", is_staff=True), ready(boss(), noun, act)
    words, before = SAMPLES[noun.name, act.verb].words, written()
    assert post(a_client(stranger), noun, act, subject, words).status_code == 404
    assert at_the_door(stranger).post(address_of(noun, act, subject), words).status_code == 404
    assert "There is no" in command(stranger, noun, act, subject, words)
    assert written() == before


@OF_A_SITE
def test_in_every_state_of_its_site_it_is_accepted_or_refused_with_a_sentence(noun: Noun, act: Act, rose: User) -> None:
    client, sample = a_client(rose), SAMPLES[noun.name, act.verb]
    for status in Site.Status:
        with thrown_away():
            subject = ready(rose, noun, act)
            site = noun.subject(act).site_of(subject)
            Site.objects.filter(pk=site.pk).update(status=status)
            before = written()
            answer = post(client, noun, act, subject, sample.words)
            told = f"{status}: {answer.content.decode()}"
            assert answer.status_code in (202, 404, 409), told
            unfinished = status in UNFINISHED and (noun.name, act.verb) not in REMAINS
            assert not (answer.status_code == 202 and unfinished), told
            if answer.status_code != 202:
                assert answer.json()["detail"].endswith("."), told
                assert written() == before, told


@EACH
def test_65_the_same_request_twice_is_one_operation_at_every_door(
    noun: Noun, act: Act, rose: User, command: ByCommand
) -> None:
    words = SAMPLES[noun.name, act.verb].words
    for door in ("api", "admin", "command"):
        with thrown_away():
            subject, key = ready(rose, noun, act), str(uuid4())
            of = noun.subject(act)
            for _ in range(2):
                if door == "api":
                    client = a_client(rose)
                    client.defaults["HTTP_IDEMPOTENCY_KEY"] = key
                    assert post(client, noun, act, subject, words).status_code == 202
                elif door == "admin":
                    confirm = {"confirm": of.called(subject)} if act.confirm else {}
                    asked = {name: "on" if value is True else value for name, value in words.items()}
                    at_the_door(rose).post(address_of(noun, act, subject), {**asked, **confirm, "key": key})
                else:
                    command.more = ["--idempotency-key", key]
                    assert command(rose, noun, act, subject, words) == ""
            assert Operation.objects.count() == 1, door


def cases(act: Act, door: str) -> list[tuple[Field, str, Any]]:
    """The field, what is wrong, and the value. At the API all that can be wrong with a field; of many, with some."""
    if door == "api":
        few, all_of_it = act.fields[:-MOST_FIELDS], act.fields[-MOST_FIELDS:]
        every = {**TEXTS, **WRONG_TYPES}
        said = [(field, wrong, value) for field in all_of_it for wrong, value in every.items()]
        return said + [(field, wrong, every[wrong]) for field in few for wrong in ("NUL", "list")]
    texts = {"long": LONG, "newline": "a\nb", **({"NUL": "a\0b"} if door == "admin" else {})}
    typed = [field for field in act.fields if field.type not in ("flag", "upload")][-MOST_FIELDS:]
    return [(field, wrong, value) for field in typed for wrong, value in texts.items()]


def must_be_refused(field: Field, wrong: str) -> bool:
    """A text may hold many things, but never these."""
    if wrong in ("list", "object", "NUL"):
        return True
    if field.type in ("flag", "number"):
        return wrong not in ("empty", "null", "flag", "number")
    return wrong == "long" and not field.comes_from_a_file


@EACH
@pytest.mark.values
@pytest.mark.parametrize("door", ["api", "admin", "command"])
def test_garbage_in_any_field_is_a_sentence_and_nothing_is_written(
    noun: Noun, act: Act, door: str, rose: User, command: ByCommand
) -> None:
    doors: dict[str, Door] = {"api": through_the_api, "admin": through_the_admin, "command": command}
    ask = doors[door]
    words, subject = SAMPLES[noun.name, act.verb].words, ready(rose, noun, act)
    before = written()
    for field, wrong, value in cases(act, door):
        with thrown_away():
            told = ask(rose, noun, act, subject, {**words, field.name: value})
            case = f"{door}, {field.name} {wrong}: {told[:300]}"
            assert FAULT not in told, case
            assert "Traceback" not in told, case
            if written() == before:
                assert len(told) > 10, case
            else:
                assert Operation.objects.filter(door=door).count() == 1, case
                assert not must_be_refused(field, wrong), case


@EACH
def test_a_field_that_nobody_knows_and_a_body_of_another_form_are_refused(noun: Noun, act: Act, rose: User) -> None:
    subject, client = ready(rose, noun, act), a_client(rose)
    words, before = SAMPLES[noun.name, act.verb].words, written()
    answer = post(client, noun, act, subject, {**words, "status": "active"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "status")
    address = f"/api/v1/{noun.name}s/" if act.creates else f"/api/v1/{noun.name}s/{subject.pk}/"
    address += "" if act.verb in ("create", "update") else f"{act.verb}/"
    send = client.patch if act.verb == "update" else client.post
    for body in (b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"{" * 100_000):
        with thrown_away():
            answer = send(address, body, content_type="application/json")
            assert answer.status_code in (202, 400, *((409, 422) if not body else ())), (body[:9], answer.content)
            if answer.status_code == 202:
                assert body == b"", body
                assert not any(field.required for field in act.fields)
    assert written() == before
