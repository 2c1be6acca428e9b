"""The backups of a site in Chromium: their tab, a restore's choices, a link to an archive, and the schedule."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.timezone import now
from playwright.sync_api import expect

from apps.backups.models import Backup, Copy, Schedule, Target
from apps.databases.models import Database
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.doors.staff import SITES, boss, site_page
from tests.doors.test_admin_pages import Visitor, _plain_http, address, browser, visitor
from tests.make import a_site

__all__ = ["_plain_http", "address", "browser", "visitor"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.host]
MANIFEST = {"files": 13_204, "databases": [{"name": "fp1f0a_rose_k3v9xa", "tables": 12, "bytes": 3 << 20}]}


def a_backup(site: Site, number: int, **facts: Any) -> Backup:
    known: dict[str, Any] = {"server": site.server, "site": site, "slug": site.slug, "kind": site.kind}
    known |= {"file": f"{site.slug}-20261103T031500Z-{number}.tar.gz.age", "status": "completed", "bytes": 48 << 20}
    return Backup.objects.create(**known, facts=MANIFEST, **facts)


@pytest.fixture
def site(db: None) -> Site:
    """One with a proven backup, a failed one, a damaged one, one before a restore, and a schedule that missed some."""
    site = a_site(boss("rose"), "Rose & Sons")
    Database.objects.create(name="fp1f0a_rose_k3v9xa", site=site)
    two_days_ago = {"proven_at": now() - timedelta(days=2), "proven_seconds": 41.26}
    a_backup(site, 1, label="before the update of the shop's theme", pinned=True, **two_days_ago)
    a_backup(site, 2, reason="restore", verified_at=now(), warnings=["public/x: it vanished, and was left out."])
    a_backup(site, 3, fault="The archive is damaged: gzip cannot unpack it. Use another copy of it.")
    failed = a_backup(site, 4, reason="scheduled", fault="The disk is too full for this backup: make room.")
    Backup.objects.filter(pk=failed.pk).update(status="failed", bytes=None)
    times = {"since": now() - timedelta(days=3), "due_at": now() + timedelta(hours=5)}
    schedule = Schedule.objects.create(site=site, name=site.slug, schedule="daily 03:30", keep_monthly=6)
    Schedule.objects.filter(pk=schedule.pk).update(**times)
    return site


def test_the_tab_tells_what_can_be_trusted_and_what_was_missed(visitor: Visitor, site: Site) -> None:
    assert site.owner is not None
    page = visitor.comes_in_as(site.owner).looks_at(site_page(site))
    visitor.photographs("backups-overview")
    assert page.get_by_text("2 days ago in 41.3 s").is_visible()
    visitor.is_content()
    page = visitor.looks_at(f"{SITES}{site.pk}/tab/backups/")
    visitor.photographs("backups")
    assert page.get_by_role("alert").filter(has_text="backups were missed").is_visible()
    assert page.get_by_text("proven 2 days ago in 41.3 s").is_visible()
    assert page.get_by_text("verified just now").is_visible()
    assert page.get_by_text("0 minutes").count() == 0
    assert page.get_by_text("The archive is damaged").is_visible()
    assert page.get_by_role("link", name="Download", exact=True).count() == 3
    visitor.is_content()
    page.locator(".fp-lines .fp-menu summary").last.click()
    assert page.get_by_role("button", name="Drill").last.is_visible()
    visitor.photographs("backups-menu")
    visitor.is_content()


def test_a_restores_choices_are_told(visitor: Visitor, site: Site) -> None:
    assert site.owner is not None
    backup = Backup.objects.get(pinned=True)
    act = f"{SITES}{site.pk}/act/backup/{backup.pk}"
    page = visitor.comes_in_as(site.owner).looks_at(f"{act}/restore/")
    visitor.photographs("backup-restore")
    assert page.get_by_text("13,204 files").is_visible()
    page.get_by_label("Database", exact=True).select_option("fp1f0a_rose_k3v9xa")
    page.get_by_role("button", name="Show the plan").click()
    page.get_by_text("Load all that is saved of fp1f0a_rose_k3v9xa").wait_for()
    visitor.photographs("backup-restore-plan")
    visitor.is_content()
    visitor.looks_at(f"{act}/clone/")
    visitor.photographs("backup-clone")
    visitor.is_content()
    visitor.looks_at(f"{SITES}{site.pk}/act/schedule/{Schedule.objects.get().pk}/update/")
    visitor.photographs("schedule-update")
    visitor.is_content()


REPORT: dict[str, Any] = {
    "label": "WordPress",
    "version": "6.4.2",
    "php": ">=7.0.0",
    "root": "backup-7.1_shop/homedir/public_html",
    "addresses": ["http://shop.example/blog"],
    "prefix": "wpx_",
    "left_out": [{"folder": "backup-7.1_shop", "entries": 41}],
    "unread": [".htaccess, line 7: Redirect 301 /old /new", ".htaccess, line 8: php_value upload_max_filesize 64M"],
}


def test_one_from_elsewhere_is_sent_and_told_of(
    visitor: Visitor, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(type(settings.PLACES), "spool", spool)
    monkeypatch.setattr("apps.operations.sending.send", lambda pk, queue, after=0.0: None)
    assert site.owner is not None
    backup = a_backup(site, 5, reason="upload", label="from the old host")
    Backup.objects.filter(pk=backup.pk).update(facts={**MANIFEST, "report": REPORT})
    page = visitor.comes_in_as(site.owner).looks_at(f"{SITES}{site.pk}/tab/backups/")
    page.get_by_text("Found: WordPress 6.4.2").click()
    assert page.get_by_text("2 rules of .htaccess files do nothing here").is_visible()
    (tmp_path / "old.tar.gz").write_bytes(b"an archive")
    (tmp_path / "old.sql").write_bytes(b"a dump")
    page.locator("input[name=archive]").set_input_files(tmp_path / "old.tar.gz")
    page.locator("input[name=dump]").set_input_files(tmp_path / "old.sql")
    page.get_by_label("What it is").fill("shop of last year")
    visitor.photographs("backups-elsewhere")
    visitor.is_content()
    page.get_by_label("The key that it was locked for").fill("no key")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("status")).to_contain_text("This key of age cannot be read")
    visitor.complaints.clear()  # of the answer that says so
    page.get_by_label("The key that it was locked for").fill("")
    page.get_by_role("button", name="Send it").click()
    page.wait_for_url(f"**{site_page(site)}")
    operation = Operation.objects.get(flow="backup.import")
    assert operation.params["upload"] != operation.params["dump_upload"]
    assert Backup.objects.get(pk=operation.params["backup_id"]).label == "shop of last year"
    assert (spool / operation.params["upload"]).read_bytes() == b"an archive"
    assert (spool / operation.params["dump_upload"]).read_bytes() == b"a dump"
    visitor.is_content()


def test_copies_are_told_of_and_places_for_them_are_the_server_s(visitor: Visitor, site: Site) -> None:
    server, backup = site.server, Backup.objects.get(pinned=True)
    server_page = f"/admin/servers/server/{server.pk}/change/"
    page = visitor.comes_in_as(boss("host")).looks_at(server_page)
    assert page.get_by_text("Backups lie on this server alone").is_visible()
    facts = {"bucket": "b" * 60, "endpoint": "https://objects.eu-central-1.example.com", "path": "panel/one"}
    away = Target.objects.create(server=server, name="away", kind="s3", facts=facts, active=True)
    disk = Target.objects.create(server=server, name="disk", kind="folder", facts={"path": "/mnt/disk"}, site=site)
    Copy.objects.create(backup=backup, target=away, status="done", proven=True)
    Copy.objects.create(backup=backup, target=disk, status="pending")
    fault = "The bucket is full: make room, then this is tried again."
    Copy.objects.create(backup=Backup.objects.get(reason="restore"), target=away, status="failed", fault=fault)
    visitor.looks_at(server_page)
    assert page.get_by_text("1 copy there").is_visible()
    assert page.get_by_text(f"1 copy failed: {fault}").is_visible()
    assert page.get_by_text("Not tried yet: nothing is copied there before").is_visible()
    visitor.photographs("server-copies")
    visitor.is_content()
    page.get_by_role("link", name="Add place for copies").click()
    page.get_by_label("Bucket").wait_for()
    visitor.photographs("target-create")
    visitor.is_content()
    page = visitor.looks_at(f"{SITES}{site.pk}/tab/backups/")
    assert page.get_by_text("copied to 1 place, being copied to 1 place").is_visible()
    assert page.get_by_text("could not be copied to 1 place").is_visible()
    visitor.is_content()


def test_a_link_to_an_archive_is_shown_once(visitor: Visitor, site: Site) -> None:
    assert site.owner is not None
    backup = Backup.objects.get(pinned=True)
    page = visitor.comes_in_as(site.owner).looks_at(f"{SITES}{site.pk}/look/backup/{backup.pk}/export/")
    page.get_by_role("button", name="Download link").click()
    page.get_by_text("/download/").first.wait_for()
    visitor.photographs("backup-link")
    visitor.is_content()


def test_a_site_without_any_says_what_to_do(visitor: Visitor, db: None) -> None:
    site = a_site(rose := boss("rose"), "Empty")
    page = visitor.comes_in_as(rose).looks_at(f"{SITES}{site.pk}/tab/backups/")
    assert page.get_by_text("Nothing of this site is saved yet").is_visible()
    visitor.photographs("backups-none")
    visitor.is_content()
