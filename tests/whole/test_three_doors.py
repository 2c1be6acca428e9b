"""The same request through the admin, the API and the command line, on a panel that runs as it does for everybody."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.whole.browsing import Visitor
from tests.whole.conftest import Shop
from tests.whole.panel import Answer, Panel, until

pytestmark = pytest.mark.host
HOST, API = "panel.localhost", "/api/v1"
NAME = "My shop & co"
ENDED = ("done", "undone", "stuck")


class Client:
    """Whoever has a token of the panel."""

    def __init__(self, panel: Panel, *scopes: str) -> None:
        self.panel = panel
        words = ("--name", secrets.token_hex(4), "--scope", *scopes, "--days", 1, "--format", "json")
        self.token = panel.done("token", "create", *words).json["token"]

    def __call__(self, method: str, path: str, body: object = None) -> Answer:
        return self.panel.ask(HOST, f"{API}{path}", method, body, {"Authorization": f"Bearer {self.token}"})


@pytest.fixture(scope="module")
def client(panel: Panel) -> Client:
    return Client(panel, "site:create", "site:read", "operation:read", "operation:change")


@pytest.fixture(scope="module")
def posted(client: Client, shop: Shop) -> dict[str, Any]:
    """What the API answered, and the operation once it had ended."""
    answer = client("POST", "/sites/", {"name": NAME, "kind": "wordpress", "domain": "posted.localhost"})
    assert answer.status == 202, answer
    where = answer.json["operation"]["id"]
    assert answer.headers["Location"] == f"https://{HOST}:{client.panel.https}{API}/operations/{where}/"
    until(lambda: client("GET", f"/operations/{where}/").json["status"] in ENDED, 60, "the end of the operation")
    return {**answer.json, "ended": client("GET", f"/operations/{where}/").json}


@pytest.fixture(scope="module")
def clicked(panel: Panel, shop: Shop, browser: Browser) -> Iterator[Clicked]:
    clicked = Clicked(panel, Visitor(browser))
    yield clicked
    clicked.visitor.context.close()


class Clicked:
    """A site that an administrator has asked for in the admin, and watched until it was there."""

    def __init__(self, panel: Panel, visitor: Visitor) -> None:
        self.visitor = visitor
        self.url = f"https://{HOST}:{panel.https}"
        _sign_in(panel, self.url, visitor)
        page = visitor.page
        page.get_by_role("link", name="Create site").first.click()
        page.get_by_label("Name").fill(NAME)
        page.get_by_label("Domain").fill("clicked.localhost")
        page.get_by_text("WordPress").first.click()
        page.get_by_role("button", name="Create site").click()
        page.wait_for_url("**/change/")
        visitor.photographs("admin-live")
        expect(page.get_by_role("link", name="Visit")).to_be_visible(timeout=60_000)
        self.address = page.url
        self.site = int(page.url.split("/")[-3])

    @property
    def page(self) -> Page:
        return self.visitor.page


def _sign_in(panel: Panel, url: str, visitor: Visitor) -> None:
    password = secrets.token_urlsafe(12)
    made = ("createsuperuser", "--noinput", "--username", "rose", "--email", "rose@example.com")
    panel.done(*made, DJANGO_SUPERUSER_PASSWORD=password)
    visitor.goes_to(url)
    visitor.photographs("admin-sign-in")
    visitor.page.get_by_label("Username").fill("rose")
    visitor.page.get_by_label("Password").fill(password)
    visitor.page.get_by_role("button", name="Sign in").click()
    visitor.page.wait_for_url("**/admin/")
    visitor.photographs("admin-dashboard")


def essence(operation: dict[str, Any]) -> dict[str, Any]:
    """An operation without its id, its subject's id and its times."""
    keys = ("number", "key", "seed", "name", "status", "error")
    steps = [{key: step[key] for key in keys} for step in operation["steps"]]
    about = {key: operation["subject"][key] for key in ("kind", "label")}
    return {**{key: operation[key] for key in ("flow", "status", "error")}, "subject": about, "steps": steps}


def operation_of(panel: Panel, site: int) -> dict[str, Any]:
    listed = panel.done("operation", "list", "--format", "json").json
    return dict(next(one for one in listed if one["subject"]["id"] == site))


def test_one_request_gives_the_same_operation_at_each_door(
    panel: Panel, shop: Shop, posted: dict[str, Any], clicked: Clicked
) -> None:
    by = {
        "command": operation_of(panel, shop.site["id"]),
        "api": operation_of(panel, posted["site"]["id"]),
        "admin": operation_of(panel, clicked.site),
    }
    assert {door: operation["door"] for door, operation in by.items()} == {door: door for door in by}
    assert by["admin"]["asker"] == "rose"
    assert essence(by["command"]) == essence(by["api"]) == essence(by["admin"])
    operation = by["command"]
    assert (operation["flow"], operation["status"], operation["error"]) == ("site.create", "done", "")
    assert [step["number"] for step in operation["steps"]] == list(range(1, len(operation["steps"]) + 1))
    assert {step["status"] for step in operation["steps"]} == {"done"}
    assert sorted(number for step in operation["steps"] for number in step["seed"]) == [6, 9, 10, 11, 12, 13, 14]


def test_the_api_accepts_and_says_where_to_look_until_it_is_done(
    client: Client, panel: Panel, posted: dict[str, Any]
) -> None:
    assert set(posted) == {"operation", "site", "ended"}
    assert posted["operation"]["status"] in ("pending", "running")
    assert (posted["site"]["status"], posted["site"]["slug"]) == ("creating", "my-shop-co-2")
    assert posted["ended"]["status"] == "done"
    site = client("GET", f"/sites/{posted['site']['id']}/").json
    assert site == {**posted["site"], "status": "active"}
    assert site == panel.done("site", "show", site["slug"], "--format", "json").json
    page = panel.ask("posted.localhost", "/")
    assert page.status == 200
    assert "<title>My shop &amp; co</title>" in page.body
    operation = panel.done("operation", "show", posted["operation"]["id"], "--format", "json").json
    assert operation == client("GET", f"/operations/{operation['id']}/").json


def test_the_api_tells_credentials_once(client: Client, panel: Panel, posted: dict[str, Any]) -> None:
    path = f"/operations/{posted['operation']['id']}/credentials/"
    assert Client(panel, "operation:read")("POST", path).status == 403
    first = client("POST", path)
    assert (first.status, first.headers["Cache-Control"]) == (200, "no-store")
    assert set(first.json) == {"url", "user", "password"}
    assert first.json["url"] == f"https://posted.localhost:{panel.https}/wp-login.php"
    again = client("POST", path)
    assert (again.status, again.headers["Content-Type"]) == (409, "application/problem+json")
    assert "read already" in again.json["detail"]
    assert first.json["password"] not in again.body


def test_the_command_line_tells_credentials_once(panel: Panel, shop: Shop) -> None:
    operation = operation_of(panel, shop.site["id"])["id"]
    file = panel.root / "again"
    said = panel("operation", "reveal", operation, "--credentials-file", file)
    assert (said.code, said.out) == (1, "")
    assert "read already" in said.err
    assert not file.exists()


def test_the_admin_shows_credentials_once_and_they_open_wordpress(panel: Panel, clicked: Clicked) -> None:
    page = clicked.page
    clicked.visitor.goes_to(clicked.address)
    clicked.visitor.photographs("admin-site")
    page.get_by_role("button", name="Show the password once").click()
    card = page.get_by_role("region", name="Credentials")
    password = card.locator("[x-ref=secret]").inner_text()
    clicked.visitor.photographs("admin-credentials")
    with clicked.visitor.context.expect_page() as opened:
        card.get_by_role("link", name="wp-login.php").click()
    there = opened.value
    there.get_by_label("Username or Email Address").fill("admin")
    there.get_by_label("Password", exact=True).fill(password)
    there.get_by_role("button", name="Log In").click()
    there.wait_for_url("**/wp-admin/")
    there.close()
    clicked.visitor.goes_to(clicked.address)
    expect(page.get_by_text("Visit", exact=False).first).to_be_visible()
    assert "password once" not in page.content()
    assert password not in page.content()
    for path in ("/admin/", "/admin/sites/site/", "/admin/operations/operation/", "/admin/audit/auditrow/"):
        assert clicked.visitor.goes_to(clicked.url + path).status == 200
        assert password not in page.content()
    assert clicked.visitor.complaints == []


def _lasting(site: dict[str, Any]) -> dict[str, Any]:
    """*site* without its size on the disk, which a runner may measure between two looks."""
    return {key: value for key, value in site.items() if key != "disk"}


def test_a_listing_has_the_same_sites_in_every_form(panel: Panel, client: Client, shop: Shop) -> None:
    sites = panel.done("site", "list", "--format", "json").json
    assert _lasting(shop.site) in [_lasting(site) for site in sites]
    results = client("GET", "/sites/").json["results"]
    assert [_lasting(site) for site in results[: len(sites)]] == [_lasting(site) for site in sites]
    columns = ["id", "slug", "name", "kind", "status", "port", "url"]
    wanted = [[str(site[column]) for column in columns] for site in sites]
    assert list(csv.reader(io.StringIO(panel.done("site", "list", "--format", "csv").out))) == [columns, *wanted]
    plain = panel.done("site", "list").out
    assert [line.split("\t") for line in plain.splitlines()] == wanted
    table = panel.done("site", "list", "--format", "table").out.splitlines()
    assert re.split(r"\s{2,}", table[1].strip()) == columns
    assert all(value in "\n".join(table) for row in wanted for value in row)


def _printed(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def test_what_a_site_and_an_operation_are_is_said_line_by_line(panel: Panel, shop: Shop) -> None:
    shown = dict(line.split("\t", 1) for line in panel.done("site", "show", shop.site["id"]).out.splitlines())
    assert _lasting(shown) == {key: _printed(value) for key, value in _lasting(shop.site).items()}
    operation = operation_of(panel, shop.site["id"])
    lines = panel.done("operation", "show", operation["id"]).out.splitlines()
    steps = [line.split("\t") for line in lines if line.startswith("step\t")]
    assert [step[2:4] for step in steps] == [[step["name"], "done"] for step in operation["steps"]]
    watched = panel.done("operation", "watch", operation["id"])
    assert watched.out.splitlines() == lines
    assert len(watched.err.splitlines()) == len(steps)


WRONG = [
    ({"domain": "shop.localhost"}, 4, 409, "The domain shop.localhost belongs to a site already"),
    ({"kind": "perl"}, 2, 400, "There is no kind 'perl'; choose one of custom, "),
    ({"name": "../../etc"}, 2, 400, "A site's name does not begin with - or ."),
    ({"domain": "a.localhost:80"}, 2, 400, "A host name has no port"),
]


def test_wrong_input_is_answered_with_the_same_sentence_at_each_door(
    panel: Panel, client: Client, clicked: Clicked
) -> None:
    before = panel.done("site", "list").out
    for asked, code, status, sentence in WRONG:
        wrong = {"name": "Wrong", "kind": "custom", "domain": "wrong.localhost", **asked}
        words = ["--kind", wrong["kind"], "--domain", wrong["domain"], "--no-wait", "--", wrong["name"]]
        said = panel("site", "create", *words)
        assert (said.code, said.out, said.err.count("\n")) == (code, "", 1)
        assert said.err.startswith(sentence)
        answer = client("POST", "/sites/", wrong)
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
        told = [error["detail"] for error in answer.json.get("errors", [])] or [answer.json["detail"]]
        assert told == [said.err.strip()]
        ask_in_the_admin(clicked, wrong)
        expect(clicked.page.get_by_text(said.err.strip())).to_be_visible()
        clicked.visitor.photographs("admin-refused")
    assert panel.done("site", "list").out == before
    assert clicked.visitor.complaints == []


def ask_in_the_admin(clicked: Clicked, wrong: dict[str, str]) -> None:
    page = clicked.page
    clicked.visitor.goes_to(f"{clicked.url}/admin/sites/site/add/")
    page.get_by_label("Name").fill(wrong["name"])
    page.get_by_label("Domain").fill(wrong["domain"])
    page.locator("[name=kind][value=custom]").evaluate("(choice, kind) => { choice.value = kind }", wrong["kind"])
    page.get_by_text("Custom PHP").click()
    page.get_by_role("button", name="Create site").click()


def test_the_openapi_document_describes_what_was_answered(client: Client, posted: dict[str, Any]) -> None:
    document = client("GET", "/schema/?format=json").json
    assert document["openapi"].startswith("3.")
    create = document["paths"]["/api/v1/sites/"]["post"]
    accepted = create["responses"]["202"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schemas = document["components"]["schemas"]
    assert set(schemas[accepted]["properties"]) == {"operation", "site"}
    for part in ("operation", "site"):
        inner = schemas[accepted]["properties"][part]
        name = (inner.get("$ref") or inner["allOf"][0]["$ref"]).rpartition("/")[2]
        assert set(schemas[name]["properties"]) == set(posted[part])


def test_nobody_comes_in_without_a_token_or_by_another_name(panel: Panel) -> None:
    assert panel.ask(HOST, f"{API}/sites/").status == 401
    answer = panel.ask(HOST, f"{API}/sites/", headers={"Authorization": "Bearer fp_000000000000_x"})
    assert (answer.status, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert panel.ask(HOST, f"{API}/sites/", headers={"Host": "evil.example"}).status in (400, 404, 421)
