"""Security row 47: two things asked of one site at once, all pairs: the second is told of the first, or waits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from apps.operations.doors.table import Act, Noun
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.doors.samples import OF_A_SERVER, SAMPLES, every_act
from tests.doors.staff import boss
from tests.make import a_client, a_site

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
ACTS = every_act()


BESIDE = {"backup", "schedule", "clone", "export", "target"}
"""What may be at work beside something else of the same site or server, where the two have nothing in common."""


def are_apart(first: int, second: int) -> bool:
    """Whether two operations hold nothing that the other holds."""
    holds = [set(Operation.objects.get(pk=pk).params["holds"]) for pk in (first, second)]
    return holds[0].isdisjoint(holds[1])


class Undo(Exception):
    """Ends a transaction that is thrown away."""


def post(client: APIClient, noun: Noun, act: Act, subject: Any, words: dict[str, Any], query: str = "") -> Any:
    of = noun.subject(act)
    confirm = {"confirm": of.called(subject)} if act.confirm else {}
    if act.creates:
        body = {**words, **confirm, noun.parent: of.called(subject)}
        verb = "" if act.verb == "create" else f"{act.verb}/"
        return client.post(f"/api/v1/{noun.name}s/{verb}{query}", body, format="json")
    address = f"/api/v1/{noun.name}s/{subject.pk}/"
    if act.verb == "update":
        return client.patch(f"{address}{query}", {**words, **confirm}, format="json")
    return client.post(f"{address}{act.verb}/{query}", {**words, **confirm}, format="json")


def both_ready(site: Site, first: tuple[Noun, Act], second: tuple[Noun, Act]) -> tuple[Any, Any]:
    """What each is done to; the site is as the first wants it."""
    theirs = SAMPLES[second[0].name, second[1].verb].ready(site)
    ours = theirs if first == second else SAMPLES[first[0].name, first[1].verb].ready(site)
    site.refresh_from_db()
    return ours, theirs


@pytest.mark.parametrize("first", ACTS, ids=lambda one: f"{one[0].name} {one[1].verb}")
def test_47_the_second_of_two_is_told_which_operation_is_in_its_way(first: tuple[Noun, Act]) -> None:
    rose = boss("rose")
    client = a_client(rose)
    site = a_site(rose, database=True)
    for second in ACTS:
        if (first[0].name in OF_A_SERVER) != (second[0].name in OF_A_SERVER):
            continue  # a server's are about no site
        try:
            with transaction.atomic():
                ours, theirs = both_ready(site, first, second)
                answer = post(client, *first, ours, SAMPLES[first[0].name, first[1].verb].words)
                assert answer.status_code == 202, answer.content
                held = json.loads(answer.content)["operation"]["id"]
                words = SAMPLES[second[0].name, second[1].verb].words_of_another
                refused = post(client, *second, theirs, words)
                told = f"{second[0].name} {second[1].verb}: {refused.content.decode()}"
                if {first[0].name, second[0].name, first[1].verb, second[1].verb} & BESIDE:
                    if refused.status_code == 202:
                        assert are_apart(held, json.loads(refused.content)["operation"]["id"]), told
                    if "operation" not in json.loads(refused.content) or refused.status_code == 202:
                        raise Undo  # it has nothing to do with the first; or the site's state is not for it
                assert refused.status_code == 409, told
                assert json.loads(refused.content)["operation"] == held, told
                waiting = post(client, *second, theirs, words, "?queue=1")
                assert waiting.status_code == 202, f"{told} {waiting.content.decode()}"
                pk = json.loads(waiting.content)["operation"]["id"]
                assert Operation.objects.get(pk=pk).status == "waiting"
                raise Undo
        except Undo:
            continue
