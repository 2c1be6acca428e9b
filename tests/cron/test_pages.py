"""A site's cron jobs in Chromium: what runs next, what failed, and what it said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from apps.cron.models import Cron, CronRun
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.doors.staff import boss
from tests.doors.test_admin_pages import Visitor, _plain_http, address, browser, visitor
from tests.make import a_site

__all__ = ["_plain_http", "address", "browser", "visitor"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]


def tab(site: Site) -> str:
    return f"/admin/sites/site/{site.pk}/tab/cron/"


def a_job(site: Site, name: str, command: str, **fields: Any) -> Cron:
    facts = {"schedule": "30 4 * * *", "due_at": now() + timedelta(hours=3), **fields}
    return Cron.objects.create(site=site, name=f"{site.slug}.{name}", command=command, **facts)


def a_run(job: Cron, status: str, **fields: Any) -> CronRun:
    run = CronRun.objects.create(cron=job, planned_at=now() - timedelta(minutes=5), status=status, **fields)
    Cron.objects.filter(pk=job.pk).update(last=run)
    return run


def test_a_person_sees_what_failed_and_what_it_said(visitor: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose, kind="wordpress")
    a_run(a_job(site, "wordpress", "GET /wp-cron.php", schedule="*/5 * * * *", built_in=True), "done", exit_code=200)
    report = a_job(site, "1", "php private/report.php --all")
    a_run(report, "missed", error="The panel was not running when its time came.", skipped=3)
    output = "PHP Fatal error: Uncaught Exception: no such table\n" + "x" * 300
    a_run(report, "failed", exit_code=255, error="It ended with code 255.", output=output)
    a_job(site, "2", "private/bin/backup", active=False, due_at=None)
    page = visitor.comes_in_as(rose).looks_at(tab(site))
    expect(page.get_by_text("At 04:30 every day").first).to_be_visible()
    expect(page.get_by_text("Paused.")).to_be_visible()
    visitor.is_content()
    visitor.photographs("cron")
    page.locator(".fp-runs summary").nth(1).click()
    expect(page.get_by_text("no such table")).to_be_visible()
    expect(page.locator(".fp-runs .red").filter(has_text="code 255").first).to_be_visible()
    expect(page.get_by_text("and 3 more times")).to_be_visible()
    visitor.is_content()
    visitor.photographs("cron-runs")


def test_a_person_adds_a_job_and_is_told_what_is_wrong_with_it(visitor: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose)
    page = visitor.comes_in_as(rose).looks_at(tab(site))
    expect(page.get_by_text("Nothing is done by the clock")).to_be_visible()
    visitor.photographs("cron-empty")
    page.get_by_role("link", name="Add cron job").click()
    page.get_by_label("Schedule").fill("every day")
    page.get_by_label("Command").fill("GET /tick")
    page.get_by_role("button", name="Add cron job").click()
    expect(page.get_by_text("is not five fields")).to_be_visible()
    visitor.is_content()
    visitor.photographs("cron-form")
    page.get_by_label("Schedule").fill("@hourly")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.locator("#plan")).to_contain_text("Run GET /tick at")
    visitor.photographs("cron-plan")
    page.get_by_role("button", name="Add cron job").click()
    expect(page.get_by_text("Cron Job Creation").first).to_be_visible()
    assert Operation.objects.get().flow == "cron.create"
