"""Whose time has come: handed out once, missed where nobody looked, and in a flat number of queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.cron import due, records
from apps.cron.due import hand_out, set_right
from apps.cron.models import Cron, CronRun
from apps.sites.models import Site
from tests.make import a_server, a_site

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
NOON = datetime(2026, 11, 26, 12, 0, 30, tzinfo=UTC)


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = NOON
        for module in (due, records):
            monkeypatch.setattr(module, "now", lambda: self.at)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def a_job(site: Site | None = None, schedule: str = "*/5 * * * *", **fields: Any) -> Cron:
    site = site or a_site()
    job = Cron(site=site, name=f"{site.slug}.1", schedule=schedule, command="GET /tick", **fields)
    job.due_at = records.next_time(job, NOON)
    job.save()
    return job


def runs() -> list[tuple[str, str]]:
    return [(f"{run.planned_at:%H:%M}", run.status) for run in CronRun.objects.order_by("id")]


def test_nothing_is_handed_out_before_its_time_and_once_at_its_time(clock: Clock) -> None:
    job = a_job()
    assert hand_out(job.site.server) == 0
    clock.at = NOON + timedelta(minutes=4, seconds=35)
    assert [hand_out(job.site.server), hand_out(job.site.server)] == [1, 0]
    assert runs() == [("12:05", "pending")]
    job.refresh_from_db()
    assert f"{job.due_at:%H:%M}" == "12:10"


def test_what_came_while_nobody_looked_is_missed_and_not_run_twice(clock: Clock) -> None:
    job = a_job()
    clock.at = NOON + timedelta(hours=1, minutes=2)
    assert hand_out(job.site.server) == 0
    run = CronRun.objects.get()
    assert (run.status, run.skipped, run.error) == ("missed", 11, due.AWAY)
    job.refresh_from_db()
    assert (job.last, f"{job.due_at:%H:%M}") == (run, "13:05")


def test_one_that_still_runs_is_not_begun_a_second_time(clock: Clock) -> None:
    job = a_job()
    CronRun.objects.create(cron=job, planned_at=NOON, status="running")
    for minute in (5, 10):
        clock.at = NOON.replace(minute=minute, second=2)
        assert hand_out(job.site.server) == 0
    assert CronRun.objects.get().skipped == 2


@pytest.mark.parametrize("status", ["inactive", "suspended", "maintenance", "creating", "deleting", "deleted"])
def test_the_jobs_of_a_site_that_is_not_active_do_not_run_and_are_not_missed(clock: Clock, status: str) -> None:
    job = a_job(a_site(status=status))
    clock.at = NOON + timedelta(hours=1)
    assert hand_out(job.site.server) == 0
    assert not CronRun.objects.exists()
    job.refresh_from_db()
    assert f"{job.due_at:%H:%M}" == "13:05"


def test_a_paused_job_and_another_servers_are_left_alone(clock: Clock) -> None:
    a_job(active=False)
    other = a_site()
    Site.objects.filter(pk=other.pk).update(server=a_server("second"))
    a_job(other)
    clock.at = NOON + timedelta(minutes=5)
    assert hand_out(a_server()) == 0
    assert not CronRun.objects.exists()


def test_a_new_time_zone_or_clock_moves_the_next_time(clock: Clock) -> None:
    job = a_job(schedule="0 6 * * *")
    Site.objects.filter(pk=job.site.pk).update(chosen={"time_zone": "Europe/Vienna"})
    assert [set_right(job.site.server), set_right(job.site.server)] == [1, 0]
    job.refresh_from_db()
    assert f"{job.due_at:%d %H:%M}" == "27 05:00"
    clock.at = NOON - timedelta(days=30)
    assert set_right(job.site.server) == 1
    job.refresh_from_db()
    assert f"{job.due_at:%m-%d %H:%M}" == "10-28 05:00"


def test_two_hundred_jobs_at_once_cost_hardly_more_queries_than_ten(clock: Clock) -> None:
    server = a_server()
    counts = []
    for number in (10, 200):
        Cron.objects.all().delete()
        runtime = server.runtimes.first()
        assert runtime is not None
        sites = [
            Site(name="s", slug=f"s{number}-{one}", kind="custom", status="active", server=server, runtime=runtime)
            for one in range(number)
        ]
        for site in Site.objects.bulk_create(sites):
            site.server = server
            a_job(site, delay=site.pk * records.STRIDE % records.SPREAD)
        clock.at = NOON + timedelta(minutes=12)
        Cron.objects.update(due_at=clock.at)
        with CaptureQueriesContext(connection) as queries:
            assert hand_out(server) == number
        counts.append(len(queries))
        CronRun.objects.all().delete()
    assert counts[0] <= 6
    assert counts[1] <= counts[0] + 4  # SQLite takes so many values at once


def test_jobs_that_the_panel_makes_are_spread_over_their_five_minutes(clock: Clock) -> None:
    firsts = {records.next_time(a_job(a_site(), delay=pk * records.STRIDE % records.SPREAD), NOON) for pk in range(300)}
    assert len(firsts) == 300
