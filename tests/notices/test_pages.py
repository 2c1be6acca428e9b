"""Who is told, in Chromium: nobody, somebody new, and what became of his messages."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from apps.notices.models import Delivery, Event, Notice
from apps.operations.models import Operation
from apps.servers.models import Server
from apps.sites.models import Site
from tests.doors.staff import boss
from tests.doors.test_admin_pages import Visitor, _plain_http, address, browser, visitor
from tests.make import a_site

__all__ = ["_plain_http", "address", "browser", "visitor"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]


def tab(site: Site) -> str:
    return f"/admin/sites/site/{site.pk}/tab/notices/"


def somebody(site: Site | None, server: Server, name: str, **facts: Any) -> Notice:
    words = {"kind": "email", "to": "ana@example.com", "active": True, **facts}
    return Notice.objects.create(site=site, server=server, name=name, **words)


def told(notice: Notice, kind: str, text: str, status: str, error: str = "") -> None:
    facts = {"subject_kind": "site", "subject_id": Event.objects.count(), "raised_at": now(), "closed_at": now()}
    event = Event.objects.create(server=notice.server, kind=kind, subject_label="Rose & Sons", text=text, **facts)
    Delivery.objects.create(notice=notice, event=event, status=status, error=error, due_at=now())


def test_a_person_sees_that_nobody_is_told_and_has_somebody_told(visitor: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose)
    page = visitor.comes_in_as(rose).looks_at(tab(site))
    expect(page.get_by_text("Nobody is told.")).to_be_visible()
    visitor.is_content()
    visitor.photographs("notices-none")
    page.locator("section").get_by_role("link", name="Tell somebody").click()
    page.get_by_label("Email").fill("no address")
    page.get_by_role("button", name="Tell somebody").click()
    expect(page.get_by_text("is not an address of mail")).to_be_visible()
    visitor.is_content()
    visitor.photographs("notices-form")
    page.get_by_label("Email").fill("ana@example.com")
    page.get_by_role("button", name="Tell somebody").click()
    expect(page.get_by_text("New Recipient").first).to_be_visible()
    assert Operation.objects.get().flow == "notice.create"
    assert Notice.objects.get().to == "ana@example.com"


def test_a_person_sees_what_each_was_told(visitor: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose)
    ana = somebody(site, site.server, "rose.1")
    chat = somebody(site, site.server, "rose.2", kind="webhook", to="https://hooks.example", sealed_secret="x")
    told(ana, "worker.down", "The worker died.", "sent")
    told(ana, "certificate.failed", "No certificate.", "waiting", "The relay smtp.example.com:587 cannot be reached.")
    told(chat, "front.left-out", "Left out.", "failed", "https://hooks.example answers 404. It was tried for a day.")
    page = visitor.comes_in_as(rose).looks_at(tab(site))
    expect(page.get_by_text("A worker is down for good: Rose & Sons")).to_be_visible()
    expect(page.get_by_text("It was tried for a day.")).to_be_visible()
    expect(page.get_by_role("button", name="Send a test").first).to_be_visible()
    visitor.is_content()
    visitor.photographs("notices")
    page.get_by_role("button", name="Tell no more").first.click()
    expect(page.get_by_text("Recipient Removal").first).to_be_visible()
    assert Operation.objects.get().params["notice_id"] == ana.pk


def test_those_who_are_told_of_a_server_stand_on_its_page(visitor: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose)
    host = somebody(None, site.server, "local.1", to="host@example.com")
    told(host, "operation.stuck", "Stuck.", "sent")
    page = visitor.comes_in_as(rose).looks_at(f"/admin/servers/server/{site.server.pk}/change/")
    expect(page.get_by_text("host@example.com")).to_be_visible()
    visitor.is_content()
    visitor.photographs("notices-server")
    page.get_by_role("button", name="Send a test").click()
    operation = Operation.objects.get()
    assert (operation.flow, operation.subject_kind, operation.subject_id) == ("notice.test", "server", site.server.pk)
