"""A site's domains in Chromium: where each leads, which certificate is shown, and what is wrong with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from apps.domains.models import Certificate, Domain, PathRedirect
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.doors.staff import boss
from tests.doors.test_admin_pages import Visitor, _plain_http, address, browser, visitor
from tests.make import a_site
from tests.parts.pairs import a_pair

__all__ = ["_plain_http", "address", "browser", "visitor"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
NO_ADDRESS = "HTTP 400 urn:ietf:params:acme:error:dns - DNS problem: NXDOMAIN looking up A for new.rose.example.com"


def tab(site: Site) -> str:
    return f"/admin/sites/site/{site.pk}/tab/domains/"


def certified(domain: Domain, state: str, days: float = 60, **facts: object) -> None:
    dates = {"not_before": now(), "not_after": now() + timedelta(days=days)} if state == "served" else {}
    issuer = "Let's Encrypt R11" if dates else ""
    Certificate.objects.create(domain=domain, state=state, issuer=issuer, **{**dates, **facts})


def a_site_with_names() -> Site:
    site = a_site(boss("rose"), "Rose & Sons", "rose.example.com")
    first = site.domains.get()
    Domain.objects.filter(pk=first.pk).update(dns="here", dns_addresses=["192.0.2.2", "2001:db8::2"], tls="managed")
    certified(first, "served")
    PathRedirect.objects.create(domain=first, path="/old/*", target="https://shop.example.net/", status=308)
    www = Domain.objects.create(site=site, host="www.rose.example.com", tls="managed", redirects=True, dns="here")
    certified(www, "served")
    new = Domain.objects.create(site=site, host="new.rose.example.com", tls="managed", dns="nowhere")
    certified(new, "failed", error=NO_ADDRESS)
    own = Domain.objects.create(site=site, host="pay.rose.example.com", tls="custom", dns="elsewhere")
    certified(own, "served", 5)
    return site


def test_a_person_sees_where_each_name_leads_and_what_is_wrong_with_its_certificate(visitor: Visitor) -> None:
    site = a_site_with_names()
    page = visitor.comes_in_as(site.owner).looks_at(tab(site))  # type: ignore[arg-type]
    for told in ("primary", "redirects to primary", "Points nowhere", "Points elsewhere", "NXDOMAIN", "No certificate"):
        expect(page.get_by_text(told).first).to_be_visible()
    visitor.is_content()
    visitor.photographs("domains")


def test_a_person_adds_a_name_and_is_told_what_is_wrong_with_it(visitor: Visitor) -> None:
    site = a_site_with_names()
    page = visitor.comes_in_as(site.owner).looks_at(tab(site))  # type: ignore[arg-type]
    page.get_by_role("link", name="Add domain").click()
    page.get_by_role("textbox", name="Domain").fill("https://shop.example.com/")
    page.get_by_role("button", name="Add domain").click()
    expect(page.get_by_text("has no http:// in front")).to_be_visible()
    visitor.is_content()
    visitor.photographs("domain-add")
    page.get_by_role("textbox", name="Domain").fill("Shop.Example.com.")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.locator("#plan")).to_contain_text("Give shop.example.com an entry in the front")
    page.get_by_role("button", name="Add domain").click()
    assert Operation.objects.get().flow == "domain.create"


def test_a_key_that_was_typed_is_not_shown_again(visitor: Visitor) -> None:
    site = a_site_with_names()
    www = Domain.objects.get(host="www.rose.example.com")
    page = visitor.comes_in_as(site.owner).looks_at(  # type: ignore[arg-type]
        f"/admin/sites/site/{site.pk}/act/domain/{www.pk}/update/"
    )
    chain, key = a_pair("other.example.com")
    page.get_by_label("Certificate").fill(chain)
    page.get_by_label("Private key").fill(key)
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_text("is for other.example.com, and not for www.rose")).to_be_visible()
    assert "PRIVATE KEY" not in page.content()
    visitor.is_content()
    visitor.photographs("domain-change")


def test_a_name_goes_when_it_was_typed(visitor: Visitor) -> None:
    site = a_site_with_names()
    first = site.domains.get(primary=True)
    page = visitor.comes_in_as(site.owner).looks_at(  # type: ignore[arg-type]
        f"/admin/sites/site/{site.pk}/act/domain/{first.pk}/delete/"
    )
    visitor.is_content()
    visitor.photographs("domain-remove")
    page.get_by_label("Primary afterwards").select_option("www.rose.example.com")
    page.get_by_label("Type rose.example.com to confirm").fill("rose.example.com")
    page.get_by_role("button", name="Remove").click()
    operation = Operation.objects.get()
    assert (operation.flow, operation.params["domain_id"]) == ("domain.delete", first.pk)
