"""Security row 65: the same request twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from apps.operations.models import Operation
from apps.sites.models import Site
from tests.make import a_client, a_server, a_user

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
SITES = "/api/v1/sites/"
ASKED = {"name": "Rose", "kind": "static", "domain": "rose.example.com"}


def ask(client: Any, key: str, **asked: str) -> Any:
    return client.post(SITES, {**ASKED, **asked}, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_65_the_same_key_again_gives_the_same_answer() -> None:
    a_server()
    client = a_client(a_user(may=["sites.add_site"]))
    first, second = ask(client, "once"), ask(client, "once")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Site.objects.count() == Operation.objects.count() == 1


def test_65_the_same_key_with_another_body_is_422() -> None:
    a_server()
    client = a_client(a_user(may=["sites.add_site"]))
    ask(client, "once")
    answer = ask(client, "once", name="Lily")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert Site.objects.count() == 1


def test_65_a_key_belongs_to_the_one_who_sent_it() -> None:
    a_server()
    rose, eve = (a_client(a_user(name, may=["sites.add_site"])) for name in ("rose", "eve"))
    mine = ask(rose, "once").json()
    assert ask(eve, "once", domain="eve.example.com").json()["operation"]["id"] != mine["operation"]["id"]


@pytest.mark.parametrize("key", ["k" * 201, "sp ace", "é"])
def test_65_a_key_out_of_form_is_refused(key: str) -> None:
    answer = ask(a_client(a_user(may=["sites.add_site"])), key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")


@pytest.mark.django_db(transaction=True)
def test_65_the_same_key_in_parallel_gives_one_site_and_one_answer() -> None:
    a_server()
    user = a_user(may=["sites.add_site"])
    clients = [a_client(user) for _ in range(8)]

    def post(client: Any) -> Any:
        try:
            return ask(client, "once")
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(post, clients))
    assert {answer.status_code for answer in answers} == {202}, [answer.json() for answer in answers]
    assert len({answer.json()["operation"]["id"] for answer in answers}) == 1
    assert Site.objects.count() == Operation.objects.count() == 1
