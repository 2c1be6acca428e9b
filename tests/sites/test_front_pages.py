"""A site's settings at the front, in Chromium: the form, its plan, and what is said of a block that was left out."""

from __future__ import annotations

import pytest

from apps.operations.doors.forms import address_of
from apps.sites.acts import SITE
from apps.sites.models import Site
from tests.doors.samples import active
from tests.doors.staff import boss, site_page
from tests.doors.test_admin_pages import Visitor, _plain_http, address, browser, visitor
from tests.make import a_site

__all__ = ["_plain_http", "address", "browser", "visitor"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
FAULT = (
    "Caddy refuses the front's configuration: loading certificates: open /opt/frankenpanel/caddy/pairs/7.pem: no such"
    " file or directory. It serves the old one on; correct what it names and try again."
)


def test_the_settings_are_asked_for_and_planned_and_no_password_is_shown(visitor: Visitor) -> None:
    rose = boss("rose")
    site = active(a_site(rose))
    page = visitor.comes_in_as(rose).looks_at(address_of(SITE, SITE.act("update"), site))
    page.get_by_label("Password protection: user").fill("ana")
    page.get_by_label("Password protection: password").fill("four words are enough")
    page.get_by_label("HTTPS only").select_option("off")
    visitor.photographs("front-settings")
    visitor.is_content()
    page.get_by_role("button", name="plan").click()
    page.wait_for_load_state("load")
    visitor.photographs("front-plan")
    assert "four words" not in page.locator("main, body").first.inner_text()
    visitor.is_content()


def test_a_block_that_was_left_out_is_said_on_the_sites_page(visitor: Visitor) -> None:
    rose = boss("rose")
    site = active(a_site(rose))
    Site.objects.filter(pk=site.pk).update(front_fault=FAULT)
    page = visitor.comes_in_as(rose).looks_at(site_page(site))
    assert "7.pem" in page.get_by_role("alert").inner_text()
    assert page.get_by_text("Needs a hand").is_visible()
    visitor.photographs("front-fault")
    visitor.is_content()
