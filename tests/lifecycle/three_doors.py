"""The API, the command line and the admin's form, each as one call with the same words and the same kind of answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import load_command_class
from django.test import Client

from apps.operations.management.base import NounCommand
from apps.operations.models import Operation

APPS = {"site": "apps.sites", "operation": "apps.operations"}
EXITS = {0: 202, 2: 400, 3: 404, 4: 409, 8: 409, 14: 409, 1: 409}
"""The command line's exit code for each of the API's answers."""
Asked = dict[str, Any]


@dataclass
class Told:
    """*status* is the API's, whichever the door; *sentence* is what a person reads there."""

    status: int
    sentence: str
    whole: str


@dataclass
class Door:
    """*create* asks for a site, in line if it must *queue*; *cancel* takes an operation's id."""

    name: str
    create: Callable[..., Told]
    cancel: Callable[[int], Told]

    def __str__(self) -> str:
        return self.name


def asker(name: str = "ana") -> User:
    return User.objects.filter(username=name).first() or User.objects.create_superuser(name)


# The API


def api_create(asked: Asked, *, queue: bool = False) -> Told:
    return _post(f"/api/v1/sites/?queue={int(queue)}", asked)


def api_cancel(operation: int) -> Told:
    return _post(f"/api/v1/operations/{operation}/cancel/", {})


def _post(address: str, asked: Asked) -> Told:
    answer = _client().post(address, json.dumps(asked), content_type="application/json")
    told = answer.json()
    return Told(answer.status_code, told.get("detail", ""), answer.content.decode())


def _client() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(asker(), "django.contrib.auth.backends.ModelBackend")
    return client


# The command line


class CommandLine:
    def __init__(self, printed: pytest.CaptureFixture[str]) -> None:
        self.printed = printed

    def create(self, asked: Asked, *, queue: bool = False) -> Told:
        options = [f"--kind={asked['kind']}", f"--domain={asked['domain']}", *(["--queue"] if queue else [])]
        return self._run("site", "create", "--no-wait", *options, "--", asked["name"])

    def cancel(self, operation: int) -> Told:
        return self._run("operation", "cancel", "--no-wait", str(operation))

    def _run(self, noun: str, *words: str) -> Told:
        asker()
        command = load_command_class(APPS[noun], noun)
        assert isinstance(command, NounCommand)
        self.printed.readouterr()
        code = command.main(noun, [words[0], "--as=ana", *words[1:]])
        said = self.printed.readouterr()
        return Told(EXITS[code], said.err.removesuffix("\n"), said.out + said.err)


# The admin


def form_create(asked: Asked, *, queue: bool = False) -> Told:
    """A form is never queued: whoever sits before it asks again."""
    answer = _client().post("/admin/sites/site/add/", {**asked, "key": str(uuid4())})
    whole = answer.content.decode()
    if answer.status_code == 302:
        return Told(202, "", whole)
    errors = answer.context["form"].errors
    return Told(_as_status(answer.status_code, errors), next(iter(errors.values()))[0], whole)


def form_cancel(operation: int) -> Told:
    answer = _client().post(f"/admin/operations/operation/{operation}/cancel/")
    cancelled = answer.status_code == 302 and Operation.objects.get(pk=operation).cancel_asked
    return Told(202 if cancelled else 409, "", answer.content.decode())


def _as_status(status: int, errors: Any) -> int:
    """A page with a refused form is 200 to a browser."""
    taken = any(word in str(errors) for word in ("belongs to", "is at work", "All "))
    return (409 if taken else 400) if status == 200 and errors else status


@pytest.fixture(params=["api", "command", "admin"])
def door(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Door:
    """Each of the three, one after the other."""
    command = CommandLine(capsys)
    doors = {
        "api": Door("api", api_create, api_cancel),
        "command": Door("command", command.create, command.cancel),
        "admin": Door("admin", form_create, form_cancel),
    }
    return doors[request.param]
