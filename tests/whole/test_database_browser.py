"""A database in Adminer, on a whole panel and in Chromium: one click, and nothing else of the machine."""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pwd import getpwnam
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.parts.mariadb import administer
from tests.whole.browsing import Visitor
from tests.whole.panel import ROOT, Panel, until
from tests.whole.test_secrets import files_with, looking_on

pytestmark = [pytest.mark.host, pytest.mark.skipif(not ROOT, reason="processes are told by their sites' users")]
HOST, BROWSER, COOKIE = "panel.localhost", "databases.panel.localhost", "__Host-frankenpanel-browser"
PASSWORD = secrets.token_urlsafe(12)
OTHERS = ("db={}", "server=127.0.0.1&username=root", "sqlite=/etc/passwd&username=x", "pgsql=x&username=x")
NOT_THERE = ("/", "/index.php", "/ready.php", "/adminer/index.php", "/adminer/include/auth.inc.php", "/admin/", "/api/")
ENDS = 30


@dataclass(frozen=True)
class Rose:
    """A superuser who has signed in, with a site that has a database of guests, and another one."""

    panel: Panel
    visitor: Visitor
    site: int
    slug: str
    database: str
    other: str

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.panel.https}"

    @property
    def adminer(self) -> str:
        return f"https://{BROWSER}:{self.panel.https}/adminer/"

    @property
    def cookie(self) -> Any:
        return next(one for one in self.visitor.context.cookies() if one["domain"] == BROWSER)

    @property
    def processes(self) -> set[str]:
        """Whose they are, with which the databases are browsed."""
        asked = ["ps", "-ww", "-eo", "user:32=,args="]
        lines = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
        user = self.panel.places.site_user(self.site)
        found = [line.split() for line in lines if line.endswith("run --config -")]
        return {words[0] for words in found if words[0] == user or f"--reuid={getpwnam(user).pw_uid}" in words}

    def signs_in(self) -> None:
        page = self.visitor.page
        page.get_by_label("Username").fill("rosalind")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    def clicks(self) -> Page:
        self.visitor.goes_to(f"{self.url}/admin/sites/site/{self.site}/tab/databases/")
        with self.visitor.context.expect_page() as opened:
            self.visitor.page.get_by_role("button", name="Browse").first.click()
        return opened.value

    def browses(self) -> Page:
        page = self.clicks()
        page.wait_for_url("**/adminer/**")
        return page

    def asks(self, path: str, method: str = "GET", **headers: str) -> int:
        shown = {"Cookie": f"{COOKIE}={self.cookie['value']}", **headers}
        return self.panel.ask(BROWSER, path, method, headers=shown).status

    def says(self, statement: str) -> Any:
        """As the database server's administrator."""
        return administer(self.panel.places.mysql_socket, statement)


@pytest.fixture(scope="module")
def rose(panel: Panel, browser: Browser) -> Iterator[Rose]:
    made = ("createsuperuser", "--noinput", "--username", "rosalind", "--email", "rose@example.com")
    panel.done(*made, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    words = ("Browsed", "--kind", "custom", "--domain", "browsed.localhost", "--database", "--wait", "--format", "json")
    site = panel.done("site", "create", *words).json
    other = panel.done("database", "create", site["slug"], "--wait", "--format", "json").json["name"]
    database = panel.records(f"SELECT name FROM databases_database WHERE name <> '{other}'")[-1][0]  # noqa: S608
    visitor = Visitor(browser)
    rose = Rose(panel, visitor, site["id"], site["slug"], database, other)
    rose.says(f"CREATE TABLE {database}.guests (name VARCHAR(40))")
    rose.says(f"INSERT {database}.guests VALUES ('Ana'), ('Bo')")  # noqa: S608
    rose.says(f"CREATE TABLE {other}.secrets (id INT)")
    visitor.goes_to(f"{rose.url}/admin/")
    rose.signs_in()
    visitor.page.wait_for_url("**/admin/")
    yield rose
    visitor.context.close()


def runs(page: Page, statement: str) -> str:
    """What Adminer says to it."""
    page.goto(f"{page.url.partition('?')[0]}?sql={quote(statement)}")
    page.get_by_role("button", name="Execute").click()
    page.wait_for_load_state()
    return page.locator("#content").inner_text()


def test_it_is_off_and_whoever_wants_it_hears_who_turns_it_on(rose: Rose) -> None:
    expect(rose.clicks().get_by_text("a superuser turns it on")).to_be_visible()


def test_one_click_leads_into_the_one_database(rose: Rose) -> None:
    rose.panel.done("server", "browser", "local", "--on", "--wait")
    visitor, complaints = rose.visitor, rose.visitor.complaints
    complaints.clear()
    page, panel = rose.browses(), visitor.page
    page.on("console", visitor._listen)
    page.on("response", visitor._look)
    expect(page.get_by_role("link", name="guests").first).to_be_visible()
    visitor.page = page
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.reload()
        visitor.photographs(f"browser-tables-{width}")
    assert "1 row affected" in runs(page, "UPDATE guests SET name = 'Cleo' WHERE name = 'Bo'")
    visitor.photographs("browser-update")
    assert rose.says(f"SELECT max(name) FROM {rose.database}.guests") == (("Cleo",),)  # noqa: S608
    page.goto(f"{rose.adminer}?select=guests")
    expect(page.get_by_text("Cleo")).to_be_visible()
    visitor.page = panel
    assert complaints == []


def test_nothing_else_can_be_reached_from_there(rose: Rose) -> None:
    page = rose.browses()
    assert rose.other not in page.content() + runs(page, "SHOW DATABASES")
    assert "denied" in runs(page, f"DESCRIBE {rose.other}.secrets")
    assert "denied" in runs(page, "SELECT 1 INTO OUTFILE '/tmp/x'")
    assert re.search(
        "LOCAL|not allowed|forbidden", runs(page, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE guests")
    )
    for asked in OTHERS:
        page.goto(f"{rose.adminer}?{asked.format(rose.other)}")
        expect(page.get_by_role("link", name="guests").first).to_be_visible()
    page.goto(f"{rose.adminer}?import=")
    assert page.locator("input[type=file]").count() == 0
    assert [rose.asks(path) for path in NOT_THERE] == [404] * len(NOT_THERE)


def test_its_cookie_and_its_pages_are_closed_to_others(rose: Rose) -> None:
    page, cookie = rose.browses(), rose.cookie
    assert (cookie["name"], cookie["path"], cookie["sameSite"]) == (COOKIE, "/", "Strict")
    assert cookie["secure"] and cookie["httpOnly"]
    headers = page.reload().all_headers()  # type: ignore[union-attr]
    assert "set-cookie" not in headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert (headers["x-frame-options"], headers["cross-origin-resource-policy"]) == ("DENY", "same-origin")
    assert re.search("nonce-.*strict-dynamic", headers["content-security-policy"])
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert rose.asks("/adminer/") == 200
    assert rose.asks("/adminer/", Cookie="") == rose.asks("/adminer/", **{"Sec-Fetch-Site": "same-site"}) == 403
    assert rose.asks("/adminer/", "PUT") == 405


def test_35_the_password_is_in_no_argument_environment_file_or_page(rose: Rose) -> None:
    config = (rose.panel.places.site(rose.slug) / "private" / ".env").read_text()
    found = re.search("[A-Za-z0-9]{32}", config)
    assert found
    with looking_on() as onlooker:
        page = rose.browses()
        shown = [page.content(), page.goto(f"{rose.adminer}?variables=").text()]  # type: ignore[union-attr]
    for text in (found[0], found[0].encode().hex()):
        assert not onlooker.has_seen(text)
        assert not any(text in one for one in shown)
        assert [file for file in files_with(rose.panel, text) if not file.endswith(".env")] == []


def test_no_sites_user_can_connect_and_a_site_may_be_stopped_meanwhile(rose: Rose) -> None:
    page, places = rose.browses(), rose.panel.places
    assert rose.processes == {"root", places.site_user(rose.site)}
    newest = max(places.browsers.glob("*.sock"), key=lambda file: file.stat().st_ctime)
    code = f"import socket; socket.socket(socket.AF_UNIX).connect({str(newest)!r})"
    for user in (places.site_user(rose.site), "nobody"):
        argv = ["setpriv", "--reuid", user, "--clear-groups", "/usr/bin/python3", "-c", code]
        assert "PermissionError" in subprocess.run(argv, capture_output=True, text=True, check=False).stderr
    for verb in ("stop", "start"):
        rose.panel.done("site", verb, rose.slug, "--wait")
        assert page.reload().status == 200  # type: ignore[union-attr]


def test_a_link_leads_past_the_sign_in_and_a_log_out_ends_it(rose: Rose) -> None:
    visitor, page = rose.visitor, rose.visitor.page
    visitor.context.clear_cookies()
    link = rose.panel.done("database", "browse", rose.database, "--format", "json").json["link"]
    visitor.goes_to(link)
    rose.signs_in()
    page.wait_for_url("**/adminer/**")
    assert visitor.goes_to(link).status == 404
    visitor.photographs("browser-link-used")
    page.goto(rose.adminer)
    page.get_by_role("button", name="Logout").click()
    expect(page.get_by_text("The database is closed")).to_be_visible()
    visitor.photographs("browser-closed")
    until(lambda: not rose.processes, ENDS, "the end of the process")
    opened = rose.browses()
    visitor.goes_to(f"{rose.url}/admin/")
    with page.expect_navigation():
        page.locator("form[action$='/logout/']").first.evaluate("form => form.submit()")
    assert opened.reload().status == 403  # type: ignore[union-attr]
    visitor.goes_to(f"{rose.url}/admin/")
    rose.signs_in()
    page.wait_for_url("**/admin/")


def test_the_switch_ends_it_at_once_and_a_deletion_does_not_wait_for_it(rose: Rose) -> None:
    rose.browses()  # its row goes with the next one's, and its process is left to the chore
    rose.browses()
    rose.panel.done("server", "browser", "local", "--no-on", "--wait")
    assert rose.processes == set()
    rose.panel.done("server", "browser", "local", "--on", "--wait")
    page = rose.browses()
    rose.panel.done("site", "delete", rose.slug, "--yes", "--wait")
    assert page.reload().status == 403  # type: ignore[union-attr]
    until(lambda: rose.panel.records("SELECT * FROM browser_browsing") == [], ENDS, "the end of the last one")
    assert rose.processes == set()
