"""Tokens: who may make which, and what they open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.test import APIClient

from apps.accounts.models import SCOPES, ApiToken
from apps.accounts.tokens import create_token
from apps.audit.models import AuditRow
from apps.operations.asking import Ask
from apps.operations.refusals import Forbidden
from tests.make import a_client, a_server, a_token, a_user

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
SITES, TOKENS = "/api/v1/sites/", "/api/v1/tokens/"


def come_in(text: str, word: str = "Bearer") -> Any:
    return APIClient().get(SITES, HTTP_AUTHORIZATION=f"{word} {text}")


@pytest.mark.parametrize("word", ["Bearer", "Token", "bearer"])
def test_a_token_opens_the_api(word: str) -> None:
    assert come_in(a_token(a_user())[1], word).status_code == 200


def test_60_a_token_that_is_not_alive_opens_nothing() -> None:
    user = a_user()
    for change in (
        {"expires_at": now() - timedelta(seconds=1)},
        {"revoked_at": now()},
        {"digest": "0" * 64},
    ):
        token, text = a_token(user)
        ApiToken.objects.filter(pk=token.pk).update(**change)
        answer = come_in(text)
        assert (answer.status_code, answer.json()["code"]) == (401, "authentication-failed")
        assert answer["WWW-Authenticate"].startswith("Bearer")
    text = a_token(user)[1]
    user.is_active = False
    user.save()
    assert come_in(text).status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Token fp_x_y", "Basic cm9zZTpy", "Bearer é", "Bearer " + "f" * 9999]
)
def test_60_a_header_that_is_no_token_opens_nothing(header: str) -> None:
    assert APIClient().get(SITES, HTTP_AUTHORIZATION=header).status_code == 401


def test_60_rights_are_looked_at_afresh() -> None:
    a_server()
    user = a_user(may=["sites.add_site"])
    client = a_client(user)
    asked = {"name": "a", "kind": "static", "domain": "a.example.com"}
    assert client.post(f"{SITES}?plan=1", asked, format="json").status_code == 200
    user.user_permissions.clear()
    assert client.post(f"{SITES}?plan=1", asked, format="json").status_code == 403


def test_60_only_a_digest_is_stored() -> None:
    text = a_token(a_user())[1]
    secret = text.split("_", 2)[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apitoken")
        assert secret not in str(cursor.fetchall())


@pytest.mark.parametrize(
    ("method", "address", "scope"),
    [
        ("get", SITES, "site:read"),
        ("post", SITES, "site:create"),
        ("post", f"{SITES}1/runtime/", "site:change"),
        ("get", "/api/v1/runtimes/", "runtime:read"),
        ("post", "/api/v1/runtimes/", "runtime:create"),
        ("get", "/api/v1/operations/", "operation:read"),
        ("post", "/api/v1/operations/1/cancel/", "operation:change"),
        ("post", "/api/v1/operations/1/credentials/", "site:create"),
        ("get", TOKENS, "token:create"),
        ("delete", f"{TOKENS}1/", "token:create"),
    ],
)
def test_a_token_does_what_its_scopes_say_and_no_more(method: str, address: str, scope: str) -> None:
    boss = a_user(is_superuser=True)
    others = a_client(boss, *(other for other in SCOPES if other != scope))
    answer = getattr(others, method)(address, {}, format="json")
    assert answer.status_code == 403
    assert scope in answer.json()["detail"]
    assert getattr(a_client(boss, scope), method)(address, {}, format="json").status_code != 403


def test_using_a_token_is_noted_at_most_once_a_minute() -> None:
    client = a_client(a_user())
    client.get(SITES)
    noted = ApiToken.objects.get().last_used_at
    assert noted is not None
    with CaptureQueriesContext(connection) as queries:
        client.get(SITES)
    assert not any(query["sql"].startswith("UPDATE") for query in queries)
    ApiToken.objects.update(last_used_at=now() - timedelta(minutes=2))
    client.get(SITES)
    assert ApiToken.objects.get().last_used_at > noted  # type: ignore[operator]


def test_a_session_opens_the_api_once_it_is_past_the_second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    user = a_user()
    client = APIClient()
    client.force_login(user)
    assert client.get(SITES).status_code == 200
    monkeypatch.setattr(settings, "REQUIRE_2FA", True)
    answer = client.get(SITES)
    assert (answer.status_code, answer.json()["code"]) == (403, "second-factor")
    session = client.session
    session["otp_device_id"] = TOTPDevice.objects.create(user=user, confirmed=True).persistent_id
    session.save()
    assert client.get(SITES).status_code == 200
    assert a_client(user).get(SITES).status_code == 200


def test_a_token_is_told_once_and_is_then_one_of_the_list() -> None:
    client = a_client(a_user(), "token:create", "site:read")
    answer = client.post(TOKENS, {"name": "ci", "scopes": ["site:read"], "days": 30}, format="json")
    assert answer.status_code == 201, answer.json()
    assert answer["Cache-Control"] == "no-store"
    told = answer.json()
    assert come_in(told.pop("token")).status_code == 200
    assert "ci" in [token["name"] for token in client.get(TOKENS).json()["results"]]
    assert "token" not in client.get(f"{TOKENS}{told['id']}/").json()
    assert AuditRow.objects.filter(action="token.create", outcome="accepted", subject_id=told["id"]).exists()


def test_a_revoked_token_is_out_at_once() -> None:
    user = a_user()
    token, text = a_token(user)
    client = a_client(user)
    assert client.delete(f"{TOKENS}{token.pk}/").status_code == 204
    assert come_in(text).status_code == 401
    assert client.delete(f"{TOKENS}{token.pk}/").json()["code"] == "wrong-state"


def test_54_another_persons_token_is_not_there() -> None:
    token = a_token(a_user("eve"))[0]
    client = a_client(a_user())
    assert client.get(f"{TOKENS}{token.pk}/").status_code == 404
    assert client.delete(f"{TOKENS}{token.pk}/").status_code == 404


def test_60_a_token_gives_no_more_than_it_has() -> None:
    client = a_client(a_user(), "token:create", "site:read")
    answer = client.post(TOKENS, {"name": "more", "scopes": ["site:create"], "days": 30}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert not ApiToken.objects.filter(name="more").exists()
    assert AuditRow.objects.filter(action="token.create", outcome="refused").exists()


def test_60_nobody_makes_a_token_for_somebody_else() -> None:
    with pytest.raises(Forbidden):
        create_token(Ask(user=a_user(), door="test"), a_user("eve"), "mine now", ["site:read"], 1)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["root"]}, "scopes"),
        ({"scopes": "site:read"}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"days": 10**400}, "days"),
        ({"days": "soon"}, "days"),
        ({"user": 1}, "user"),
        ({"revoked_at": None}, "revoked_at"),
    ],
)
def test_a_token_out_of_form_is_refused(asked: dict[str, Any], field: str) -> None:
    good = {"name": "ci", "scopes": ["site:read"], "days": 1}
    answer = a_client(a_user()).post(TOKENS, {**good, **asked}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.json()
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert ApiToken.objects.count() == 1


def test_a_name_is_used_once_a_person() -> None:
    user = a_user()
    a_token(user, name="ci")
    answer = a_client(user).post(TOKENS, {"name": "ci", "scopes": ["site:read"], "days": 1}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "taken")
