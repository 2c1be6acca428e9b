"""One request goes through the admin, the API and the command line, and gives the same operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import load_command_class

from apps.audit.models import AuditRow
from apps.operations.management.base import NounCommand
from apps.operations.models import Operation
from apps.operations.shown import steps_of
from apps.sites.kinds import KINDS
from apps.sites.models import Site
from tests.doors.staff import SITES, at_the_door, boss
from tests.make import a_client, a_server

pytestmark = [pytest.mark.backend, pytest.mark.django_db]


def through_the_admin(user: User, **asked: str) -> None:
    at_the_door(user).post(f"{SITES}add/", {**asked, "database": "on", "key": str(uuid4())})


def through_the_api(user: User, **asked: str) -> None:
    a_client(user).post("/api/v1/sites/", {**asked, "database": True}, format="json")


def by_command(user: User, *, name: str, kind: str, domain: str) -> None:
    words = ["--kind", kind, "--domain", domain, "--database", "--no-wait", "--as", user.username, "--", name]
    command = load_command_class("apps.sites", "site")
    assert isinstance(command, NounCommand)
    command.main("site", ["create", *words])


DOORS: dict[str, Callable[..., None]] = {"admin": through_the_admin, "api": through_the_api, "command": by_command}


def what_it_gave(operation: Operation, user: User) -> dict[str, Any]:
    """The operation and its records, without the numbers that tell one site from the next."""
    site = Site.objects.get(pk=operation.subject_id)
    assert operation.params["site_id"] == site.pk
    assert operation.params["domain_id"] == site.domains.get().pk
    assert operation.params["database_id"] == site.databases.get().pk
    assert [hold.resource for hold in operation.holds.all()] == [f"site:{site.pk}"]
    return {
        "operation": (operation.flow, operation.status, operation.queue, operation.subject_kind, operation.server),
        "asked": (operation.asked_by == user, operation.asker, operation.subject_label, sorted(operation.params)),
        "steps": [(step.key, step.seed, step.status) for step in steps_of(operation)],
        "site": (site.name, site.kind, site.status, site.front, site.owner == user, site.server, site.runtime),
        "slug": site.slug.rpartition("-")[0] if site.slug[-1].isdigit() else site.slug,
        "domain": site.domains.values_list("primary", "tls", "served").get(),
    }


def test_one_request_through_each_door_gives_the_same_operation() -> None:
    a_server()
    rose = boss("rose")
    gave = {}
    for number, (door, ask) in enumerate(DOORS.items()):
        ask(rose, name="Rose & Sons", kind="custom", domain=f"rose{number}.example.com")
        operation = Operation.objects.get(door=door)
        gave[door] = what_it_gave(operation, rose)
        assert AuditRow.objects.get(door=door).operation_id == operation.pk
    assert gave["admin"] == gave["api"] == gave["command"]


@pytest.mark.parametrize("wrong", [{"name": "--help"}, {"domain": "a.ex {"}, {"kind": "cobol"}])
def test_a_refusal_is_the_same_sentence_at_each_door(wrong: dict[str, str]) -> None:
    a_server()
    rose = boss("rose")
    for ask in DOORS.values():
        ask(rose, **{"name": "Rose", "kind": "custom", "domain": "rose.example.com", **wrong})
    rows = AuditRow.objects.filter(outcome="refused").values_list("reason", flat=True)
    assert len(rows) == len(DOORS)
    assert len(set(rows)) == 1
    assert not Site.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_there_is_can_be_asked_for_at_each_door(kind: str) -> None:
    a_server()
    user = boss()
    for number, ask_for in enumerate(DOORS.values()):
        ask_for(user, name="');system('id');#<b>", kind=kind, domain=f"{kind}-{number}.localhost")
    assert list(Site.objects.values_list("kind", flat=True)) == [kind] * len(DOORS)
    assert KINDS[kind].label in at_the_door(user).get(f"{SITES}add/").content.decode()
