"""The admin in Chromium: on a desk and on a telephone, by day and by night, with a policy that forbids inline code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.utils.timezone import now
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from apps.audit.models import AuditRow
from apps.operations.models import Operation, StepRun
from apps.servers.models import Runtime
from apps.sites.models import Site
from tests.doors.staff import HOME, OPERATIONS, RUNTIMES, SITES, at_the_door, boss, site_page, staff
from tests.doors.test_admin_signin import code_of
from tests.make import a_server, a_site, a_token, an_operation

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
CHROMIUM = "/usr/bin/chromium"
QUIET = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"]
QUIET += ["disable-component-update", "disable-sync"]
DESK, TELEPHONE = 1440, 390
Light = Literal["light", "dark"]
SLOW_MACHINE = 30_000
"""Milliseconds that a page may take to show what is expected of it."""
OTHER: dict[Light, Light] = {"light": "dark", "dark": "light"}
TURNED = "dark => document.documentElement.classList.toggle('dark', dark)"
"""What a page does by itself as it loads."""
SHOTS = os.environ.get("FP_SHOTS", "")
"""A folder for pictures of every page, when somebody wants to look at them."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in this thread
        expect.set_options(timeout=SLOW_MACHINE)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[f"--{flag}" for flag in QUIET])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    """The panel over plain HTTP. Its middleware looks at the settings once, so they are changed before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "SECURE_SSL_REDIRECT", False)
        server = LiveServer("localhost")
        yield server.url
        server.stop()


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch, _plain_http: None) -> None:
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        monkeypatch.setattr(settings, name, False)
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["localhost", "testserver"])


class Visitor:
    """Somebody with a browser, who writes down whatever it complains of."""

    def __init__(self, browser: Browser, address: str, width: int, light: Light) -> None:
        self.address, self.width, self.light, self.complaints = address, width, light, list[str]()
        self.context: BrowserContext = browser.new_context(
            base_url=address, viewport={"width": width, "height": 900}, color_scheme=light
        )
        self.page: Page = self.context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} at {message.location['url']}")

    def comes_in_as(self, user: User) -> Visitor:
        cookie = at_the_door(user).cookies["sessionid"].value
        self.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.address}])
        return self

    def looks_at(self, path: str) -> Page:
        self.page.goto(path)
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(150)  # alpine and htmx begin after the load
        return self.page

    def is_content(self) -> None:
        """Nothing was blocked or broken, and nothing sticks out, on either screen, by day or by night."""
        assert self.complaints == []
        for width, light in self._everywhere():
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{self.page.url} is {wide} pixels wide on a screen of {width}, {light}"

    def _everywhere(self) -> Iterator[tuple[int, Light]]:
        """The page as it is on each screen in each light, and at last as this visitor has it."""
        for light in (OTHER[self.light], self.light):
            self.page.emulate_media(color_scheme=light)
            self.page.evaluate(TURNED, light == "dark")
            for width in (DESK + TELEPHONE - self.width, self.width):
                self.page.set_viewport_size({"width": width, "height": 900})
                yield width, light

    def photographs(self, name: str) -> None:
        for width, light in self._everywhere() if SHOTS else ():
            self.page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{light}.png", full_page=True)


@pytest.fixture(params=[(DESK, "light"), (TELEPHONE, "dark")], ids=["desk", "telephone"])
def visitor(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Visitor]:
    visitor = Visitor(browser, address, *request.param)
    yield visitor
    visitor.context.close()


@pytest.fixture
def desk(browser: Browser, address: str) -> Iterator[Visitor]:
    visitor = Visitor(browser, address, DESK, "light")
    yield visitor
    visitor.context.close()


def a_full_panel() -> tuple[User, list[str]]:
    """A panel with something of everything, and the addresses of all its pages."""
    rose = boss("rose")
    facts = {"path": f"/opt/{'x' * 120}/frankenphp", "version": "1.12.7", "php_version": "8.4.1", "thread_safe": False}
    Runtime.objects.create(server=a_server(), name="php-8.4-with-a-name-as-long-as-it-can-be", **facts)
    quiet = a_site(rose, "Quiet garden", kind="wordpress", database=True)
    an_operation(quiet, rose, done=["site-user", "site-directory"], status="done", ended_at=now())
    busy = a_site(rose, "Busy bakery with a name that is rather long for a telephone", status="creating")
    running = an_operation(busy, rose, done=["site-user"], status="running")
    progress = {"progress_done": 18, "progress_total": 31, "progress_text": "18 of 31 files"}
    StepRun.objects.create(operation=running, position=2, key="site-directory", **progress)
    stuck = a_site(rose, "S" * 100, host=f"{'s' * 60}.{'t' * 60}.{'u' * 60}.example.com", status="creating")
    error = f"/opt/frankenpanel/sites/{'x' * 120} is not empty; remove what is in it, then resume."
    operation = an_operation(stuck, rose, done=["site-user"], status="stuck", error=error)
    for number in range(30):
        a_site(rose, f"Site {number}", status=Site.Status.values[number % 7])
    token, _ = a_token(rose)
    group = Group.objects.create(name="Support")
    row = AuditRow.objects.create(name="rose", door="admin", action="site.create", outcome="refused", reason=error)
    lists = [SITES, OPERATIONS, "/admin/servers/server/", "/admin/audit/auditrow/", "/admin/auth/user/"]
    lists += [RUNTIMES, f"{RUNTIMES}add/", "/admin/auth/group/", "/admin/accounts/apitoken/"]
    lists += [f"{SITES}?status__exact=active&q=site", f"{SITES}?q=nothing"]
    records = [site_page(site) for site in (quiet, busy, stuck)]
    records += [f"{OPERATIONS}{one}/change/" for one in (running.pk, operation.pk)]
    records += [f"{RUNTIMES}{quiet.runtime_id}/change/", f"/admin/servers/server/{quiet.server_id}/change/"]
    records += [f"/admin/audit/auditrow/{row.pk}/change/"]
    records += [f"/admin/auth/user/{rose.pk}/change/", f"/admin/auth/group/{group.pk}/change/"]
    records += [f"/admin/accounts/apitoken/{token.pk}/change/"]
    return rose, [HOME, *lists, f"{SITES}add/", *records, "/admin/password_change/", "/admin/second-factor/"]


def test_every_page_is_right_at_every_width_in_both_lights(visitor: Visitor, request: pytest.FixtureRequest) -> None:
    rose, paths = a_full_panel()
    visitor.looks_at("/admin/login/")
    visitor.is_content()
    visitor.comes_in_as(rose)
    for number, path in enumerate(paths):
        page = visitor.looks_at(path)
        visitor.is_content()
        assert page.locator("h1").first.is_visible()
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{number:02d}-{request.node.callspec.id}.png", full_page=True)


def test_an_empty_panel_says_what_to_do(visitor: Visitor) -> None:
    page = visitor.comes_in_as(boss()).looks_at(HOME)
    expect(page.get_by_role("link", name="Create the first site")).to_be_visible()
    visitor.is_content()
    for path, words in ((SITES, "No sites"), (OPERATIONS, "No operations"), ("/admin/accounts/apitoken/", "No tokens")):
        expect(visitor.looks_at(path).get_by_role("heading", name=words)).to_be_visible()
        visitor.is_content()


def test_the_menu_folds_and_unfolds(visitor: Visitor) -> None:
    page = visitor.comes_in_as(boss()).looks_at(HOME)
    link = page.get_by_role("link", name="Audit log")
    wide = visitor.width == DESK
    expect(link).to_be_visible() if wide else expect(link).not_to_be_in_viewport()
    page.get_by_role("button", name="Menu").click()
    expect(link).not_to_be_in_viewport() if wide else expect(link).to_be_in_viewport()
    visitor.is_content()


def test_a_person_sees_the_plan_asks_for_the_site_and_watches_it_being_made(desk: Visitor) -> None:
    a_server()
    page = desk.comes_in_as(boss()).looks_at(f"{SITES}add/")
    page.get_by_label("Name").fill("Rose & Sons")
    page.get_by_label("Domain").fill("-wrong-.example.com")
    page.get_by_text("Custom PHP").click()
    page.get_by_role("button", name="Create site").click()
    expect(page.get_by_text("No part of a host name begins or ends with a hyphen")).to_be_visible()
    page.get_by_label("Domain").fill("rose.example.com")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.get_by_text("Create the directory")).to_be_visible()
    assert not Site.objects.exists()
    page.get_by_role("button", name="Create site").dblclick()
    page.wait_for_url("**/change/")
    expect(page.get_by_text("0 of 12 steps done")).to_be_visible()
    operation = Operation.objects.get()
    assert Site.objects.get().kind == "custom"

    StepRun.objects.create(operation=operation, position=1, key="site-user", status="done", ended_at=now())
    StepRun.objects.create(operation=operation, position=2, key="site-directory")
    Operation.objects.update(status="running")
    expect(page.get_by_text("1 of 12 steps done")).to_be_visible()
    expect(page.locator("li.running")).to_contain_text("Site directory")

    Operation.objects.update(status="done", ended_at=now())
    Site.objects.update(status="active")
    expect(page.get_by_role("link", name="Visit")).to_have_attribute("href", Site.objects.get().url)
    expect(page.locator("[hx-get*=live]")).to_have_count(0)
    desk.is_content()


def test_a_person_chooses_a_runtime_and_sees_the_plan_of_a_move(visitor: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose)
    facts = {"path": "/opt/php-8.4/frankenphp", "version": "1.12.7", "php_version": "8.4.1", "thread_safe": True}
    Runtime.objects.create(server=site.server, name="php-8.4", **facts)
    page = visitor.comes_in_as(rose).looks_at(f"{SITES}add/")
    assert page.get_by_label("PHP", exact=True).locator("option").all_inner_texts() == [
        "8.2.32 (php-8.2)",
        "8.4.1 (php-8.4)",
    ]
    visitor.is_content()
    visitor.photographs("runtime-create")
    visitor.looks_at(site_page(site))
    page.locator(".fp-menu summary").click()
    visitor.photographs("site-acts")
    page.get_by_role("link", name="Change PHP").click()
    page.get_by_label("PHP", exact=True).select_option("php-8.4")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.locator("#plan")).to_contain_text("start it with /opt/php-8.4/frankenphp")
    visitor.is_content()
    visitor.photographs("runtime-plan")
    page.get_by_role("button", name="Change PHP").click()
    expect(page.get_by_text("Runtime Switch").first).to_be_visible()
    expect(page.get_by_role("link", name="Change PHP")).to_have_count(0)
    visitor.is_content()
    visitor.photographs("runtime-moving")


def test_cancelling_asks_once_more_and_shows_how_it_goes_back(desk: Visitor) -> None:
    rose = boss()
    site = a_site(rose, status="creating")
    operation = an_operation(site, rose, done=["site-user"], status="running")
    page = desk.comes_in_as(rose).looks_at(site_page(site))
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_timeout(1200)  # the steps are drawn anew meanwhile; the question stays
    page.get_by_role("button", name="Yes, cancel").click()
    expect(page.get_by_text("Cancel was asked for")).to_be_visible()
    Operation.objects.update(status="undone", ended_at=now(), error="Cancelled by boss.")
    site.domains.all().delete()
    site.delete()
    expect(page.get_by_text("Nothing of it is left on the server")).to_be_visible()
    assert page.url.endswith(f"{OPERATIONS}{operation.pk}/change/")
    desk.is_content()


def test_a_site_that_is_taken_back_while_its_page_is_open_leads_to_the_operation(desk: Visitor) -> None:
    rose = boss()
    site = a_site(rose, status="creating")
    operation = an_operation(site, rose, status="running")
    page = desk.comes_in_as(rose).looks_at(site_page(site))
    Operation.objects.update(status="undone", error="The disk is full; free 60 MB.")
    site.domains.all().delete()
    site.delete()
    page.wait_for_url(f"**{OPERATIONS}{operation.pk}/change/")
    expect(page.get_by_text("The disk is full; free 60 MB.")).to_be_visible()
    desk.is_content()


def test_the_keyboard_finds_a_site(desk: Visitor) -> None:
    rose = boss()
    site = a_site(rose, "Rose garden")
    page = desk.comes_in_as(rose).looks_at(HOME)
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("garden")
    page.locator("#command-results-list").get_by_text("Rose garden").click()
    page.wait_for_url(f"**{site_page(site)}")
    desk.is_content()


def test_the_second_factor_is_set_up_at_the_first_sign_in(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REQUIRE_2FA", True)
    stan = staff()
    page = visitor.looks_at(HOME)
    page.get_by_label("Username").fill("stan")
    page.get_by_label("Password").fill("stan's long password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    visitor.is_content()
    page.get_by_role("textbox", name="Code").fill(code_of(stan.totpdevice_set.get()))  # type: ignore[attr-defined]
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".fp-codes li")).to_have_count(10)
    visitor.is_content()
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url(f"**{HOME}")


def test_dark_is_dark_and_can_be_chosen(desk: Visitor) -> None:
    page = desk.comes_in_as(boss()).looks_at(HOME)
    light = page.evaluate("getComputedStyle(document.querySelector('#main')).backgroundColor")
    page.get_by_text("boss").last.click()
    page.get_by_text("Dark", exact=True).click()
    expect(page.locator("html")).to_have_class("dark")
    assert page.evaluate("getComputedStyle(document.querySelector('#main')).backgroundColor") != light
    desk.is_content()


def test_a_session_that_ends_while_a_page_polls_leads_to_the_sign_in(desk: Visitor) -> None:
    rose = boss()
    an_operation(a_site(rose), rose, status="running", lease_until=now() + timedelta(minutes=1))
    page = desk.comes_in_as(rose).looks_at(f"{OPERATIONS}{Operation.objects.get().pk}/change/")
    desk.context.clear_cookies()
    page.wait_for_url("**/admin/login/**")
