"""The API: what goes in, what comes out, and what is refused in which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.audit.models import AuditRow
from apps.databases.models import Database
from apps.domains.models import Domain
from apps.operations.models import Hold, Operation
from apps.sites.models import Site, SiteUserPermission
from tests.make import a_client, a_server, a_site, a_user, an_operation

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
SITES, OPERATIONS = "/api/v1/sites/", "/api/v1/operations/"
ASKED = {"name": "Rose & Sons", "kind": "wordpress", "domain": "Rose.Example.com."}
SITE_KEYS = {
    *("id", "name", "slug", "kind", "status", "server", "port"),
    *("domains", "url", "directory", "databases", "runtime", "front_fault"),
}
STEP_KEYS = {"number", "key", "seed", "name", "status", "started_at", "ended_at", "seconds", "error"}
NOT_THE_ASKERS = [
    *("id", "slug", "uid", "status", "server", "runtime", "port", "worker_port", "path", "owner"),
    *("is_superuser", "encrypted_password"),
]


@pytest.fixture
def client() -> APIClient:
    a_server()
    return a_client(a_user(may=["sites.add_site"]))


def nothing_is_left() -> bool:
    return not any(model._default_manager.exists() for model in (Site, Domain, Database, Operation, Hold))


def problem(answer: Any, status: int, code: str) -> str:
    """The sentence of a problem document, which is one."""
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code), told
    assert told["detail"][-1] in ".…" and "\n" not in told["detail"]
    return str(told["detail"])


def test_asking_for_a_site_is_answered_202_with_its_operation_and_its_records(client: APIClient) -> None:
    answer = client.post(SITES, ASKED, format="json")
    assert answer.status_code == 202, answer.json()
    told = answer.json()
    site, operation = told["site"], told["operation"]
    assert set(site) >= SITE_KEYS
    assert (site["slug"], site["kind"], site["status"]) == ("rose-sons", "wordpress", "creating")
    assert site["domains"] == ["rose.example.com"]
    assert site["url"] == f"https://rose.example.com:{settings.HTTPS_PORT}"
    assert site["directory"] == str(settings.PLACES.site("rose-sons"))
    assert (site["server"], site["runtime"], len(site["databases"])) == ("local", "php-8.2", 1)
    assert operation["subject"] == {"kind": "site", "id": site["id"], "label": "Rose & Sons"}
    assert {step["status"] for step in operation["steps"]} == {"todo"}
    assert set(operation["steps"][0]) >= STEP_KEYS
    assert [step["number"] for step in operation["steps"]] == list(range(1, len(operation["steps"]) + 1))
    assert answer["Location"] == f"http://testserver{OPERATIONS}{operation['id']}/"


def test_what_was_answered_can_be_looked_up_again(client: APIClient) -> None:
    told = client.post(SITES, ASKED, format="json").json()
    assert client.get(f"{SITES}{told['site']['id']}/").json() == told["site"]
    assert client.get(f"{OPERATIONS}{told['operation']['id']}/").json() == told["operation"]
    assert client.get(SITES).json()["results"] == [told["site"]]
    assert client.get(OPERATIONS).json()["results"] == [told["operation"]]


def test_a_plan_names_what_would_happen_and_leaves_nothing(client: APIClient) -> None:
    answer = client.post(f"{SITES}?plan=1", ASKED, format="json", HTTP_IDEMPOTENCY_KEY="k")
    assert answer.status_code == 200
    sentences = [step["sentence"] for step in answer.json()["steps"]]
    assert any(str(settings.PLACES.site("rose-sons")) in sentence for sentence in sentences)
    assert nothing_is_left()


def test_waiting_ends_with_the_operation_or_after_the_seconds_asked_for(client: APIClient) -> None:
    assert client.post(f"{SITES}?wait=1", ASKED, format="json").json()["operation"]["status"] == "pending"


@pytest.mark.parametrize("query", ["wait=-1", "wait=61", "wait=x", "wait=٣", "plan=yes", "queue=2"])
def test_a_flag_out_of_form_is_refused(client: APIClient, query: str) -> None:
    problem(client.post(f"{SITES}?{query}", ASKED, format="json"), 400, "invalid")
    assert nothing_is_left()


NAMES = [
    *("", " ", "a" * 300, "../../etc", "--help", ".", "con\n", "a\0b", "\ud800"),
    *("🦝", "a/b", "a\\b", "\x1b[2J", "\u202ea"),
]
HOSTS = [
    *("", "localhost", "127.0.0.1", "[::1]", "0x7f.1", "panel.localhost", "Panel.Localhost.", "x.internal"),
    *("a.example\n", "a.example\nb.example", "a.ex {\n respond x\n}", "{$HOME}.example", "a.example:80"),
    *("a.example/admin", "http://a.example", "*.example", "a..example", "-a.example", "a b.example", "a.example#"),
    *("a" * 300, "a" * 64 + ".example", "a@b.example", "xn--a.example", "\ud800.example", "a\0.example", "🦝🦝"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_name_is_refused_in_a_sentence_and_leaves_nothing(client: APIClient, name: str) -> None:
    answer = client.post(SITES, json.dumps({**ASKED, "name": name}), content_type="application/json")
    problem(answer, 400, "invalid")
    assert answer.json()["errors"][0]["field"] == "name"
    assert nothing_is_left()


@pytest.mark.parametrize("host", HOSTS)
def test_a_wrong_domain_is_refused_in_a_sentence_and_leaves_nothing(client: APIClient, host: str) -> None:
    answer = client.post(SITES, json.dumps({**ASKED, "domain": host}), content_type="application/json")
    problem(answer, 400, "invalid")
    assert answer.json()["errors"][0]["field"] == "domain"
    assert nothing_is_left()


@pytest.mark.parametrize("host", ["bücher.example", "BÜCHER.example.", "xn--bcher-kva.example"])
def test_a_domain_that_a_site_has_is_taken_in_every_spelling(client: APIClient, host: str) -> None:
    a_site(host="xn--bcher-kva.example")
    sentence = problem(client.post(SITES, {**ASKED, "domain": host}, format="json"), 409, "taken")
    assert "xn--bcher-kva.example" in sentence
    assert Site.objects.count() == 1
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"[" * 100_000,
        b'{"name": NaN}',
        b"\xff\xfe",
        b'{"name": "' + b"a" * 300_000 + b'"}',
        b'{"name": {"$gt": ""}, "kind": "static", "domain": "a.example"}',
        b'{"name": ["a"], "kind": "static", "domain": "a.example"}',
        b'{"name": "a", "kind": true, "domain": "a.example"}',
        b'{"name": "a", "kind": "drupal", "domain": "a.example"}',
        b'{"name": "a", "kind": "static", "domain": "a.example", "database": "perhaps"}',
        b'{"name": "a", "kind": "static"}',
    ],
)
def test_a_body_out_of_form_is_refused_in_a_sentence_and_leaves_nothing(client: APIClient, body: bytes) -> None:
    problem(client.post(SITES, body, content_type="application/json"), 400, "invalid")
    assert nothing_is_left()


def test_another_media_type_is_refused(client: APIClient) -> None:
    problem(client.post(SITES, "<name/>", content_type="application/xml"), 415, "unsupported-media-type")


@pytest.mark.parametrize("field", NOT_THE_ASKERS)
def test_55_a_field_that_is_not_the_askers_to_set_is_refused(client: APIClient, field: str) -> None:
    answer = client.post(SITES, {**ASKED, field: "1"}, format="json")
    assert field in problem(answer, 400, "invalid")
    assert nothing_is_left()


@pytest.mark.parametrize("method", ["put", "delete"])
def test_55_a_site_is_neither_replaced_nor_removed_past_its_lifecycle(method: str) -> None:
    user = a_user(is_superuser=True, is_staff=True)
    site = a_site(user)
    problem(getattr(a_client(user), method)(f"{SITES}{site.pk}/", {"status": "deleted"}), 405, "method-not-allowed")


@pytest.mark.parametrize("field", NOT_THE_ASKERS)
def test_55_a_site_has_no_field_that_can_be_written_past_its_lifecycle(field: str) -> None:
    user = a_user(is_superuser=True, is_staff=True)
    site = a_site(user)
    answer = a_client(user).patch(f"{SITES}{site.pk}/", {field: "1"}, format="json")
    assert field in problem(answer, 400, "invalid")
    assert not Operation.objects.exists()


def test_without_the_right_to_create_sites_there_is_none(client: APIClient) -> None:
    problem(a_client(a_user("eve")).post(SITES, ASKED, format="json"), 403, "forbidden")
    assert nothing_is_left()
    assert AuditRow.objects.filter(name="eve", action="site.create", outcome="refused").exists()


def test_a_server_that_is_full_says_so(client: APIClient) -> None:
    server = a_server()
    server.last_port = server.first_port
    server.save()
    a_site(port=server.first_port)
    problem(client.post(SITES, ASKED, format="json"), 409, "limit")


def test_54_a_foreign_site_and_its_operations_are_not_there() -> None:
    mine, foreign = a_site(rose := a_user()), a_site(a_user("eve"))
    operation = an_operation(foreign, foreign.owner)
    client = a_client(rose)
    assert [site["id"] for site in client.get(SITES).json()["results"]] == [mine.pk]
    assert client.get(OPERATIONS).json()["results"] == []
    for address in (f"{SITES}{foreign.pk}/", f"{OPERATIONS}{operation.pk}/"):
        problem(client.get(address), 404, "not-found")
    for verb in ("cancel", "resume", "credentials"):
        problem(client.post(f"{OPERATIONS}{operation.pk}/{verb}/"), 404, "not-found")


def test_54_a_site_that_was_shared_is_seen_and_its_operation_not_steered() -> None:
    site = a_site(owner := a_user("owner"))
    operation = an_operation(site, owner)
    viewer = a_user("viewer")
    permission = a_user("x", may=["sites.view_site"]).user_permissions.get()
    SiteUserPermission.objects.create(user=viewer, permission=permission, content_object=site)
    client = a_client(viewer)
    assert client.get(f"{SITES}{site.pk}/").status_code == 200
    assert client.get(f"{OPERATIONS}{operation.pk}/").status_code == 200
    problem(client.post(f"{OPERATIONS}{operation.pk}/cancel/"), 403, "forbidden")
    problem(client.post(f"{OPERATIONS}{operation.pk}/credentials/"), 404, "not-found")


def test_cancelling_and_resuming_say_what_they_cannot_do() -> None:
    rose = a_user()
    operation = an_operation(a_site(rose), rose)
    client = a_client(rose)
    problem(client.post(f"{OPERATIONS}{operation.pk}/resume/"), 409, "wrong-state")
    answer = client.post(f"{OPERATIONS}{operation.pk}/cancel/")
    assert (answer.status_code, answer.json()["id"]) == (202, operation.pk)
    operation.refresh_from_db()
    assert operation.cancel_asked
    Operation.objects.update(status="done")
    problem(client.post(f"{OPERATIONS}{operation.pk}/cancel/"), 409, "wrong-state")


@pytest.mark.parametrize("address", [SITES, OPERATIONS])
def test_a_longer_list_takes_no_more_queries(address: str) -> None:
    rose = a_user()
    client = a_client(rose)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    for _ in range(2):
        an_operation(a_site(rose, database=True), rose, done=["site-user", "site-directory"])
    client.get(address)
    few = queries()
    for _ in range(23):
        an_operation(a_site(rose, database=True), rose, done=["site-user", "site-directory"])
    assert queries() == few <= 9


def test_a_list_comes_in_pages_with_a_limit() -> None:
    rose = a_user()
    for _ in range(26):
        a_site(rose)
    client = a_client(rose)
    assert [len(client.get(SITES, {"page": page}).json()["results"]) for page in (1, 2)] == [25, 1]
    assert len(client.get(SITES, {"page_size": 10_000}).json()["results"]) == 26
    problem(client.get(SITES, {"page": 10**30}), 404, "not-found")
    problem(client.get(SITES, {"status": "strange"}), 400, "invalid")


@pytest.mark.parametrize("address", ["/api/", "/api/v2/sites/", "/api/v1/sites", "/api/v1/sites/99999999999999999999/"])
def test_an_address_that_is_none_is_answered_with_a_problem(client: APIClient, address: str) -> None:
    problem(client.get(address), 404, "not-found")
    problem(APIClient().get(address), 401, "not-authenticated")


@pytest.mark.parametrize("debug", [True, False])
def test_a_fault_is_told_without_its_traceback(client: APIClient, debug: bool, caplog: Any) -> None:
    with (
        patch.object(settings, "DEBUG", debug),
        patch("apps.sites.api.create_site", side_effect=KeyError("hunter2")),
    ):
        answer = client.post(SITES, ASKED, format="json")
    assert "hunter2" not in answer.content.decode() + problem(answer, 500, "fault")
    assert "Traceback" not in answer.content.decode()
    assert "hunter2" in caplog.text  # the log has it


def test_a_database_that_is_away_is_503(client: APIClient) -> None:
    with patch("apps.sites.api.create_site", side_effect=OperationalError("unable to open database file")):
        answer = client.post(SITES, ASKED, format="json")
    problem(answer, 503, "database")
    assert answer["Retry-After"]


def test_the_schema_is_valid_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_the_schema_is_for_people_who_are_signed_in(client: APIClient) -> None:
    problem(APIClient().get("/api/v1/schema/"), 401, "not-authenticated")
    answer = client.get("/api/v1/schema/", HTTP_ACCEPT="application/json")
    assert "/api/v1/sites/" in answer.json()["paths"]
    assert "Problem" in answer.json()["components"]["schemas"]


def test_the_panel_says_whether_it_is_up_to_anybody() -> None:
    assert APIClient().get("/up").content == b"up\n"
    with patch("frankenpanel.health.connection.cursor", side_effect=OperationalError("gone")):
        assert APIClient().get("/up").status_code == 503
