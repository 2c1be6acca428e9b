"""The way into a database's browser, stage by stage: whose it is, how long it is good for, and what is written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import load_command_class
from django.test import Client
from django.utils.timezone import now

from apps.audit.models import AuditRow
from apps.browser import opening
from apps.browser.chores import end_what_is_over
from apps.browser.door import COOKIE
from apps.browser.models import Browsing
from apps.browser.standing import IDLE, OPEN
from apps.databases.models import Database
from apps.host.errors import Refused
from apps.operations import questions
from apps.operations.management.base import NounCommand
from apps.servers.models import Server
from tests.doors.staff import at_the_door, boss, give, staff
from tests.doors.test_reveal import stale
from tests.make import a_client, a_site, a_user

pytestmark = [pytest.mark.backend, pytest.mark.django_db]


class Machine:
    """What a runner starts and ends, by number; of everything else it has nothing."""

    def __init__(self) -> None:
        self.running: set[int] = set()
        self.fault = ""
        self.browsers = SimpleNamespace(start=self.start, end=self.end, numbers=lambda: set(self.running))
        self.places = settings.PLACES
        self.users = SimpleNamespace(identity=lambda name: name)
        self.files = SimpleNamespace(make_folder_as=lambda *words: None)
        self.site_files = SimpleNamespace(remove=lambda *words: None)
        self.vault = SimpleNamespace(open=lambda text: "canary")

    def start(self, browser: Any) -> None:
        if self.fault:
            raise Refused(self.fault)
        self.running.add(browser.number)

    def end(self, number: int) -> None:
        self.running.discard(number)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A runner that answers every question at once. The browser's name is served by this very server."""
    machine: Any = Machine()
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["testserver", settings.PANEL_HOST])
    with patch("apps.operations.sending.ask", lambda question: questions.reply(question, machine)):
        yield machine


@pytest.fixture
def rose() -> User:
    return boss("rose")


@pytest.fixture
def database(rose: User) -> Database:
    made = a_site(rose, database=True)
    type(made).objects.update(status="active")
    Server.objects.update(browser=True, name=settings.SERVER)
    return Database.objects.get()


def link_of(client: Any, database: Database) -> str:
    answer = client.post(f"/api/v1/databases/{database.pk}/browse/", {}, format="json")
    assert answer.status_code == 200, answer.content
    return str(answer.json()["link"]).partition(str(settings.HTTPS_PORT))[2]


def entry_of(client: Client, link: str) -> str:
    """Where the page behind the link leads to, as a path; empty where it leads nowhere."""
    context = client.get(link).context or {}
    return str(context.get("to", "")).partition(str(settings.HTTPS_PORT))[2]


def cookie_of(entry: str) -> str:
    found = Client(HTTP_HOST=settings.BROWSER_HOST).get(entry).cookies
    return found[COOKIE].value if COOKIE in found else ""


def opened(user: User, database: Database) -> str:
    """The cookie of a browser that *user* has open."""
    return cookie_of(entry_of(at_the_door(user), link_of(a_client(user, "database:browse"), database)))


def status_of(cookie: str, path: str = "/adminer/", **headers: str) -> int:
    """502: it is let through, to a process that is not there."""
    client = Client(HTTP_HOST=settings.BROWSER_HOST, headers=headers)
    client.cookies[COOKIE] = cookie
    return client.get(path).status_code


def rows() -> list[tuple[str, str, str]]:
    """The oldest first."""
    found = AuditRow.objects.filter(action="database.browse").order_by("id")
    return [(row.door, row.outcome, row.reason) for row in found]


def test_off_by_default_and_only_a_superuser_turns_it_on(rose: User, database: Database) -> None:
    assert Server._meta.get_field("browser").default is False
    Server.objects.update(browser=False)
    answer = a_client(rose).post(f"/api/v1/databases/{database.pk}/browse/", {}, format="json")
    assert (answer.status_code, "a superuser turns it on" in answer.json()["detail"]) == (409, True)
    page = at_the_door(rose).post(look_of(database)).content.decode()
    assert "a superuser turns it on" in page
    assert [row[:2] for row in rows()] == [("api", "refused"), ("admin", "refused")]
    host = a_user("hob", is_staff=True, may=["servers.view_server", "servers.change_server"])
    server = Server.objects.get()
    switch = f"/api/v1/servers/{server.pk}/browser/"
    assert a_client(host).post(switch, {"on": True}, format="json").status_code == 403
    assert a_client(rose).post(switch, {}, format="json").status_code == 400
    assert a_client(rose).post(switch, {"on": True}, format="json").status_code == 202
    assert AuditRow.objects.filter(action="server.browser", outcome="accepted").count() == 1


def test_from_the_link_to_the_cookie_each_is_good_once(rose: User, database: Database, machine: Machine) -> None:
    client = at_the_door(rose)
    link = link_of(a_client(rose, "database:browse"), database)
    entry = entry_of(client, link)
    assert machine.running == {Browsing.objects.get().pk}
    assert client.get(link).status_code == 404
    cookie = cookie_of(entry)
    assert (cookie_of(entry), status_of(cookie), status_of("another")) == ("", 502, 403)
    assert rows() == [
        ("api", "accepted", "A link was given."),
        ("admin", "accepted", "Opened from 127.0.0.1."),
    ]
    assert not {link.split("/")[-2], entry.split("/")[-1], cookie} & set(
        Browsing.objects.values_list("digest", flat=True)
    )


@pytest.mark.parametrize("stage", Browsing.Stage.values)
def test_each_stage_ends_with_its_time(stage: str, rose: User, database: Database, machine: Machine) -> None:
    client = at_the_door(rose)
    link = link_of(a_client(rose, "database:browse"), database)
    entry = "" if stage == "link" else entry_of(client, link)
    cookie = cookie_of(entry) if stage == "open" else ""
    if stage == "starting":
        Browsing.objects.update(stage=stage)
    Browsing.objects.update(until=now() - timedelta(seconds=1))
    assert (entry_of(client, link), cookie_of(entry or "/enter/x"), status_of(cookie)) == ("", "", 403)
    end_what_is_over(Server.objects.get(), machine)  # type: ignore[arg-type]
    assert (Browsing.objects.count(), machine.running) == (0, set())


def test_it_is_worth_nothing_without_a_session_or_in_somebody_elses(rose: User, database: Database) -> None:
    link = link_of(a_client(rose, "database:browse"), database)
    assert Client().get(link).status_code == 302
    assert at_the_door(boss("ben")).get(link).status_code == 404
    assert at_the_door(staff("eve")).get(link).status_code == 404
    assert entry_of(at_the_door(rose), link)


def test_what_the_console_asks_for_opens_to_whoever_may(
    rose: User, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    command = load_command_class("apps.databases", "database")
    assert isinstance(command, NounCommand)
    assert command.main("database", ["browse", database.name, "--format", "plain"]) == 0
    link = "/admin/browse/" + capsys.readouterr().out.partition("/admin/browse/")[2].split()[0]
    viewer = staff("vera")
    give(viewer, database.site)
    assert at_the_door(viewer).get(link).status_code == 403
    assert command.main("database", ["browse", database.name, "--format", "plain"]) == 0
    link = "/admin/browse/" + capsys.readouterr().out.partition("/admin/browse/")[2].split()[0]
    assert entry_of(at_the_door(rose), link)
    assert rows()[1][1] == "refused"


def test_scopes_and_people_as_for_a_password(rose: User, database: Database) -> None:
    path = f"/api/v1/databases/{database.pk}/browse/"
    assert a_client(rose, "database:read", "database:reveal").post(path, {}, format="json").status_code == 403
    assert a_client(a_user("eve")).post(path, {}, format="json").status_code == 404
    viewer = a_user("vera", is_staff=True)
    give(viewer, database.site)
    assert a_client(viewer).post(path, {}, format="json").status_code == 403
    assert at_the_door(viewer).post(look_of(database)).status_code == 404
    session = at_the_door(rose)
    assert session.post(path, {}, content_type="application/json").status_code == 200
    assert stale(session).post(path, {}, content_type="application/json").status_code == 403


def test_the_admin_leads_there_at_once_or_wants_the_password_first(rose: User, database: Database) -> None:
    client = at_the_door(rose)
    assert client.post(look_of(database))["Location"].startswith(f"https://{settings.PANEL_HOST}")
    assert "Your password" in stale(client).post(look_of(database)).content.decode()
    assert client.post(look_of(database), {"proof-password": "rose's long password"}).status_code == 302


def test_it_ends_with_the_session_the_right_the_use_and_the_password(rose: User, database: Database) -> None:
    type(database.site).objects.update(owner=None)
    ends: list[Any] = [
        lambda: Session.objects.all().delete(),
        lambda: User.objects.filter(pk=rose.pk).update(password=make_password("another long password")),
        lambda: User.objects.filter(pk=rose.pk).update(is_superuser=False),
        lambda: Browsing.objects.update(seen_at=now() - IDLE - timedelta(seconds=1)),
        lambda: Database.objects.update(rotated_at=now()),
        lambda: Database.objects.update(status="deleting"),
        lambda: type(database.site).objects.update(status="deleting"),
        lambda: Server.objects.update(browser=False),
    ]
    for one in ends:
        cookie = opened(rose, database)
        assert status_of(cookie) == 502
        one()
        assert status_of(cookie) == 403
        User.objects.filter(pk=rose.pk).update(is_superuser=True)
        Database.objects.update(status="active", rotated_at=None)
        type(database.site).objects.update(status="active")
        Server.objects.update(browser=True)
        rose.refresh_from_db()
    assert Browsing.objects.latest("id").until - now() < OPEN


def test_the_owner_may_and_loses_it_with_the_site(rose: User, database: Database) -> None:
    olga, site = staff("olga"), database.site
    site.owner = olga
    site.save()
    cookie = opened(olga, database)
    assert status_of(cookie) == 502
    site.owner = rose
    site.save()
    assert status_of(cookie) == 403


def test_a_second_opening_ends_the_first_and_there_is_an_end_to_how_many(
    rose: User, database: Database, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = opened(rose, database), opened(rose, database)
    assert (status_of(first), status_of(second)) == (403, 502)
    end_what_is_over(Server.objects.get(), machine)  # type: ignore[arg-type]
    assert machine.running == {Browsing.objects.get().pk}
    monkeypatch.setattr(opening, "MOST", 1)
    ben = boss("ben")
    page = at_the_door(ben).get(link_of(a_client(ben, "database:browse"), database))
    assert (page.status_code, "already" in page.content.decode()) == (409, True)


def test_what_does_not_start_is_told_and_forgotten(rose: User, database: Database, machine: Machine) -> None:
    machine.fault = "Adminer does not start."
    page = at_the_door(rose).get(link_of(a_client(rose, "database:browse"), database))
    assert "Adminer does not start." in page.content.decode()
    assert not Browsing.objects.exists()
    assert rows()[-1] == ("admin", "refused", "Adminer does not start.")


def test_a_runner_takes_nobodys_word_for_it(rose: User, database: Database, machine: Machine) -> None:
    link_of(a_client(rose, "database:browse"), database)
    waiting = Browsing.objects.get()
    for stage, user in (("link", rose), ("starting", boss("ben")), ("starting", None), ("open", rose)):
        Browsing.objects.update(stage=stage)
        with pytest.raises(Refused):
            questions.ask("browser", database.site.server, user, browsing=waiting.pk)
    Browsing.objects.update(stage="starting")
    User.objects.filter(pk=rose.pk).update(is_superuser=False)
    Database.objects.get().site.__class__.objects.update(owner=None)
    with pytest.raises(Refused):
        questions.ask("browser", database.site.server, User.objects.get(pk=rose.pk), browsing=waiting.pk)
    assert machine.running == set()


def test_a_process_without_a_row_is_ended(database: Database, machine: Machine) -> None:
    machine.running |= {4711}
    end_what_is_over(database.site.server, machine)  # type: ignore[arg-type]
    assert machine.running == set()


def test_under_its_name_there_is_no_panel_and_under_the_panels_no_browser(rose: User, database: Database) -> None:
    cookie = opened(rose, database)
    here = at_the_door(rose)
    for path in ("/admin/", "/api/v1/databases/", "/up", "/static/panel/favicon.svg"):
        assert here.get(path, headers={"host": settings.BROWSER_HOST}).status_code == 403, path
    for name in (f"{settings.BROWSER_HOST}.", f"x.{settings.BROWSER_HOST}"):
        assert here.get("/admin/", headers={"host": name}).status_code == 400
    here.cookies[COOKIE] = cookie
    assert here.get("/adminer/").status_code == 404
    answer = Client(HTTP_HOST=settings.BROWSER_HOST).get("/adminer/")
    assert (answer["Referrer-Policy"], answer["Cache-Control"], answer["X-Frame-Options"]) == (
        *("no-referrer", "no-store", "DENY"),
    )
    assert not answer.cookies


@pytest.mark.parametrize("word", ["same-site", "cross-site", "nonsense"])
def test_57_no_other_page_can_send_anything_in_somebodys_name(word: str, rose: User, database: Database) -> None:
    cookie = opened(rose, database)
    assert status_of(cookie, **{"sec-fetch-site": word}) == 403
    for own in ("same-origin", "none"):
        assert status_of(cookie, **{"sec-fetch-site": own}) == 502


def look_of(database: Database) -> str:
    return f"/admin/sites/site/{database.site_id}/look/database/{database.pk}/browse/"
