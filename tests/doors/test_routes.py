"""Security rows 53 and 56: every address, walked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from tests.make import a_client, a_site, a_token, a_user, an_operation

pytestmark = pytest.mark.django_db
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"]
OPEN = {"/", "/up", "/admin/login/", "/admin/logout/", "/admin/jsi18n/"}
"""What anybody may fetch: the way in, the way out, the health, and texts that come with the admin."""
SECRET = re.compile("password|secret|hash|totp|digest|memo|sealed", re.IGNORECASE)


def addresses(patterns: Any = None, prefix: str = "/") -> Iterator[str]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        text = str(entry.pattern)
        text = re.sub(r"\(\?P<\w+>[^()]*\)|<(\w+:)?\w+>", "1", text)
        text = prefix + re.sub(r"[\^$?]|\\Z", "", text).replace("\\", "")
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, text)
        else:
            assert isinstance(entry, URLPattern)
            yield text.replace("(.*)", "x").replace(".*", "x")


def test_53_the_walk_finds_the_addresses() -> None:
    found = set(addresses())
    assert {"/admin/", "/api/v1/sites/", "/api/v1/sites/1/", "/api/v1/operations/1/credentials/", "/up"} <= found


@pytest.mark.parametrize("method", METHODS)
def test_53_nobody_gets_anything_unauthenticated(method: str) -> None:
    for address in set(addresses()) - OPEN:
        answer = Client().generic(method, address)
        to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/admin/login/")
        assert answer.status_code in (401, 403, 405) or to_sign_in, (method, address, answer.status_code)


def test_53_the_open_addresses_are_there_and_few() -> None:
    assert {"/", "/up", "/admin/login/"} <= set(addresses())
    assert Client().get("/")["Location"] == "/admin/"


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def test_56_no_answer_has_a_key_that_names_a_secret() -> None:
    boss = a_user(is_staff=True, is_superuser=True)
    site = a_site(boss, database=True)
    operation = an_operation(site, boss, done=["site-user"])
    operation.lines.update(memo={"secret": "sealed"})
    token, text = a_token(boss)
    client = a_client(boss)
    for address in (
        "/api/v1/sites/",
        f"/api/v1/sites/{site.pk}/",
        "/api/v1/operations/",
        f"/api/v1/operations/{operation.pk}/",
        "/api/v1/tokens/",
        f"/api/v1/tokens/{token.pk}/",
        "/api/v1/runtimes/",
        f"/api/v1/runtimes/{site.runtime_id}/",
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert [key for key in keys(answer.json()) if SECRET.search(key)] == []
        assert not any(hidden in answer.content.decode() for hidden in (text, token.digest, "sealed"))


def test_57_a_session_needs_the_csrf_token_to_change_something() -> None:
    boss = a_user(is_staff=True, is_superuser=True)
    operation = an_operation(a_site(boss), boss)
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(boss)
    lists = [f"/api/v1/{noun}/" for noun in ("sites", "tokens", "runtimes")]
    for address in (*lists, f"/api/v1/operations/{operation.pk}/cancel/"):
        assert client.post(address, {}, format="json").status_code == 403
