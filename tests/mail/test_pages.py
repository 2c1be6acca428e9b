"""A site's outgoing mail in Chromium: no relay, a relay, and what became of the last mails."""

from __future__ import annotations

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from apps.mail.models import Mail, Relay
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.doors.staff import boss
from tests.doors.test_admin_pages import Visitor, _plain_http, address, browser, visitor
from tests.make import a_site

__all__ = ["_plain_http", "address", "browser", "visitor"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
SENDER = "mail@host.example"


def tab(site: Site) -> str:
    return f"/admin/sites/site/{site.pk}/tab/mail/"


def a_mail(site: Site, status: str, subject: str, **fields: object) -> None:
    facts = {"to": "ana@a.example", "recipients": 1, "due_at": now(), "ended_at": now(), **fields}
    Mail.objects.create(site=site, file=subject, subject=subject, status=status, **facts)


def test_a_person_is_told_that_no_mail_leaves_and_gives_the_site_a_relay(visitor: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose)
    page = visitor.comes_in_as(rose).looks_at(f"/admin/sites/site/{site.pk}/change/")
    expect(page.get_by_text("Mails are not sent")).to_be_visible()
    visitor.looks_at(tab(site))
    expect(page.get_by_text("Mails of this site are not sent")).to_be_visible()
    visitor.is_content()
    visitor.photographs("mail-none")
    page.locator("section").get_by_role("link", name="Relay for mail").click()
    page.get_by_label("Host").fill("smtp.example.com")
    page.get_by_label("Sender").fill("no address")
    page.get_by_role("button", name="Relay for mail").click()
    expect(page.get_by_text("is not an address of mail")).to_be_visible()
    visitor.is_content()
    visitor.photographs("mail-form")
    page.get_by_label("Sender").fill(SENDER)
    page.get_by_role("button", name="Relay for mail").click()
    expect(page.get_by_text("Relay for Mail").first).to_be_visible()
    assert Operation.objects.get().params["relay"]["host"] == "smtp.example.com"


def test_a_person_sees_what_became_of_the_last_mails(visitor: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose)
    Relay.objects.create(server=site.server, host="smtp.example.com", port=587, security="starttls", sender=SENDER)
    a_mail(site, "sent", "Your order 1234", recipients=3)
    why = "The relay smtp.example.com:587 takes nothing for ana@a.example: 550 no such user."
    a_mail(site, "failed", "Your order 1235", error=why)
    a_mail(site, "waiting", "A newsletter", ended_at=None)
    page = visitor.comes_in_as(rose).looks_at(tab(site))
    expect(page.get_by_text("3 of 200")).to_be_visible()
    expect(page.get_by_text("550 no such user")).to_be_visible()
    visitor.is_content()
    visitor.photographs("mail")
    page = visitor.looks_at(f"/admin/servers/server/{site.server.pk}/change/")
    expect(page.get_by_role("link", name="Send a test mail")).to_be_visible()
    visitor.is_content()
    visitor.photographs("mail-server")
