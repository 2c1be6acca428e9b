"""A worker, its logs and what it did, in Chromium: on a desk and on a telephone, by day and by night."""

from __future__ import annotations

from datetime import timedelta
from math import sin
from typing import Any

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from apps.operations.models import Question
from apps.operations.questions import reply
from apps.sites.models import Site
from apps.workers import questions
from apps.workers.models import Sample, WorkerState
from tests.doors.staff import boss, site_page
from tests.doors.test_admin_pages import Visitor, _plain_http, address, browser, desk, visitor
from tests.make import a_site
from tests.workers.test_logs import asked

__all__ = ["_plain_http", "address", "browser", "desk", "visitor"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
MIB = 1024 * 1024


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands in the log: a runner answers at once, and its machine is this list."""
    found = [asked(status, f"/{'a-long-path/' * number}<b>") for number, status in enumerate((200, 304, 404, 503))]

    def answered(question: Question) -> None:
        host: Any = None
        reply(Question.objects.get(pk=question.pk), host)

    monkeypatch.setattr("apps.operations.sending.ask", answered)
    monkeypatch.setattr(questions, "_content", lambda host, site, which, limit: "\n".join(found))
    return found


def tab(site: Site, name: str) -> str:
    return f"/admin/sites/site/{site.pk}/tab/{name}/"


def test_a_log_is_followed_searched_and_can_be_left_alone(visitor: Visitor, lines: list[str]) -> None:
    rose = boss("rose")
    site = a_site(rose)
    page = visitor.comes_in_as(rose).looks_at(tab(site, "logs"))
    expect(page.locator("#log li")).to_have_count(4)
    expect(page.locator("#log li.error")).to_have_count(1)
    lines.append(asked(200, "/the-newest"))
    expect(page.get_by_text("/the-newest")).to_be_visible(timeout=8000)
    visitor.photographs("logs")
    page.get_by_label("With").fill("newest")
    page.get_by_label("Follow").uncheck()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#log li")).to_have_count(1)
    page.get_by_label("With").fill("nowhere")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No line has “nowhere” in it.")).to_be_visible()
    visitor.is_content()


def test_what_a_worker_did_is_drawn(visitor: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose)
    page = visitor.comes_in_as(rose).looks_at(tab(site, "metrics"))
    expect(page.get_by_role("heading", name="Nothing was measured in this time")).to_be_visible()
    visitor.is_content()
    visitor.photographs("metrics-empty")
    Sample.objects.bulk_create(samples(site))
    page = visitor.looks_at(tab(site, "metrics"))
    expect(page.locator(".fp-chart svg")).to_have_count(5)
    visitor.photographs("metrics")
    page.get_by_role("link", name="1 hour").click()
    expect(page.get_by_role("link", name="1 hour")).to_have_attribute("aria-current", "true")
    visitor.is_content()


def samples(site: Site) -> list[Sample]:
    """A day with a busy noon, and two hours in which nothing was measured."""
    at, found = now().replace(second=0, microsecond=0), []
    for minute in range(1440):
        if 500 < minute < 620:
            continue
        many = int(60 + 50 * sin(minute / 229))
        buckets = [many // 2, many // 3, many // 9, 0, many // 30, 1, 0, 0, 0, 0, 0, 0]
        facts = {"requests": sum(buckets), "errors": int(minute % 97 == 0) * 9, "buckets": buckets, "cpu": many * 20}
        memory = int((44 + 9 * sin(minute / 100)) * MIB)
        disk = {"files": (60 + minute // 200) * MIB, "databases": 9 * MIB}
        found.append(Sample(site=site, span=60, at=at - timedelta(minutes=minute), memory=memory, **disk, **facts))
    return found


def test_a_worker_that_is_left_down_is_shown_in_red_with_its_last_words(visitor: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose)
    words = "\n".join(["serving initial configuration", "PHP Fatal error: no memory " + "x" * 300, "<script>"])
    WorkerState.objects.create(site=site, given_up_at=now(), last_words=words, deaths=[1.0] * 5, restarts=4)
    page = visitor.comes_in_as(rose).looks_at(site_page(site))
    expect(page.get_by_text("It died 5 times and is left down until somebody starts it.")).to_be_visible()
    expect(page.get_by_text("PHP Fatal error: no memory")).to_be_visible()
    expect(page.get_by_role("button", name="Start worker")).to_be_visible()
    visitor.is_content()
    visitor.photographs("worker-down")


def test_a_worker_that_runs_is_shown_from_the_records(desk: Visitor) -> None:
    rose = boss("rose")
    site = a_site(rose)
    note = {"classic_since": now(), "classic_reason": "The worker of rose ended while starting. Its log ends with:"}
    WorkerState.objects.create(site=site, since=now(), memory=44 * MIB, restarts=2, **note)
    page = desk.comes_in_as(rose).looks_at(site_page(site))
    card = page.get_by_role("region", name="Worker")
    expect(card.get_by_text("Running", exact=True)).to_be_visible()
    expect(card.get_by_text("44.0\xa0MB")).to_be_visible()
    expect(card.get_by_text("It runs without worker mode since")).to_be_visible()
    assert not Question.objects.exists()
    desk.is_content()
    desk.photographs("worker-runs")
