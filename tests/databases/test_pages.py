"""The tab of a site's databases in Chromium: sizes, exports to download, and a dump that is sent from there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.timezone import now
from playwright.sync_api import expect

from apps.databases.models import Database, Export
from apps.operations.models import Hold, Operation
from apps.sites.models import Site
from tests.doors.staff import at_the_door, boss, give
from tests.doors.test_admin_pages import Visitor, _plain_http, address, browser, visitor
from tests.make import a_site, a_user, an_operation

__all__ = ["_plain_http", "address", "browser", "visitor"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
DUMP = b"CREATE TABLE t (a INT);\n"


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    monkeypatch.setattr(type(settings.PLACES), "spool", folder)
    monkeypatch.setattr("apps.operations.sending.send", lambda pk, queue, after=0.0: None)
    return folder


def a_shop(owner: User) -> Site:
    """With a database that was measured, and exports of it."""
    site = a_site(owner, "Shop", kind="wordpress", database=True)
    facts = {"name": "fp_shop_k3v9xa", "bytes": 48_300_000, "tables": 12, "measured_at": now()}
    Database.objects.filter(site=site).update(**facts)
    for number, reason in enumerate(["", "before an import"]):
        Export.objects.create(
            site=site,
            database=site.databases.get(),
            file=f"fp_shop_k3v9xa-20261126T16000{number}Z-{number}.sql.gz",
            reason=reason,
            bytes=4_700_000,
            loose=number,
            until=now() + timedelta(days=7),
        )
    Export.objects.create(site=site, database=site.databases.get(), file="unfinished", until=now())
    return site


def tab(site: Site) -> str:
    return reverse("admin:sites_site_tab", args=[site.pk, "databases"])


def test_sizes_and_exports_are_shown(visitor: Visitor) -> None:
    rose = boss("rose")
    page = visitor.comes_in_as(rose).looks_at(tab(a_shop(rose)))
    expect(page.get_by_text("46.1 MB in 12 tables")).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_have_count(2)
    expect(page.get_by_text("unfinished")).to_have_count(0)
    visitor.is_content()
    visitor.photographs("databases")


def test_a_dump_is_sent_from_the_page_and_the_import_is_watched(visitor: Visitor, spool: Path) -> None:
    rose = boss("rose")
    site = a_shop(rose)
    page = visitor.comes_in_as(rose).looks_at(tab(site))
    page.set_input_files("input[type=file]", {"name": "shop.sql", "mimeType": "text/plain", "buffer": DUMP})
    page.get_by_role("button", name="Send and import").click()
    page.wait_for_url("**/change/")
    operation = Operation.objects.get(flow="database.import")
    assert (operation.asked_by, operation.door) == (rose, "api")
    assert (spool / operation.params["upload"]).read_bytes() == DUMP
    assert Export.objects.filter(pk=operation.params["export_id"]).exists()
    expect(page.get_by_text("Database Import").first).to_be_visible()
    visitor.is_content()
    visitor.photographs("databases-import")


def test_what_is_wrong_is_told_beside_the_button(visitor: Visitor, spool: Path) -> None:
    rose = boss("rose")
    site = a_shop(rose)
    page = visitor.comes_in_as(rose).looks_at(tab(site))
    operation = an_operation(site, rose)
    Hold.objects.create(resource=f"site:{site.pk}", operation=operation)
    page.set_input_files("input[type=file]", {"name": "shop.sql", "mimeType": "text/plain", "buffer": DUMP})
    page.get_by_role("button", name="Send and import").click()
    expect(page.get_by_text("is at work on this")).to_be_visible()
    assert list(spool.iterdir()) == []
    visitor.complaints = [told for told in visitor.complaints if "409" not in told]
    visitor.is_content()


def test_what_is_too_long_is_not_sent_at_all(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "UPLOAD_MB", 1)
    rose = boss("rose")
    page = visitor.comes_in_as(rose).looks_at(tab(a_shop(rose)))
    dump = tmp_path / "shop.sql"
    dump.write_bytes(b"-" * (1 << 20) + b"\n")
    page.set_input_files("input[type=file]", dump)
    page.get_by_role("button", name="Send and import").click()
    expect(page.get_by_text("A file that is sent may have 1 MB")).to_be_visible()
    visitor.is_content()


def test_who_may_only_look_is_offered_neither() -> None:
    vera, site = a_user("vera", is_staff=True), a_shop(boss("rose"))
    give(vera, site)
    page = at_the_door(vera).get(tab(site)).content.decode()
    assert "fp_shop_k3v9xa" in page
    assert "Download" not in page
    assert "Send and import" not in page
