"""What a server does for its sites' backups by itself: records that it writes, operations that it asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from apps.backups.chores import make_what_is_due, prove_the_next, remove_what_may_go
from apps.backups.models import Backup, Schedule
from apps.operations.models import Hold, Operation
from apps.sites.models import Site
from tests.make import a_site

pytestmark = pytest.mark.django_db
NOBODY: Any = None
"""In place of the machine, which these chores do not touch."""


@pytest.fixture
def site() -> Site:
    return a_site(name="Rose")


def scheduled(site: Site, **facts: Any) -> Schedule:
    standard = {"schedule": "daily 03:30", "due_at": now() - timedelta(minutes=1)}
    schedule = Schedule.objects.create(site=site, name=site.slug, **{**standard, **facts})
    Schedule.objects.filter(pk=schedule.pk).update(since=facts.get("since", now() - timedelta(hours=1)))
    return schedule


def made(site: Site, age: timedelta = timedelta(0), **facts: Any) -> Backup:
    standard = {"status": "completed", "reason": "scheduled", "kind": site.kind, "slug": site.slug}
    number = Backup.objects.count()
    backup = Backup.objects.create(
        server=site.server, site=site, file=f"{site.slug}-{number}.tar.gz.age", **{**standard, **facts}
    )
    Backup.objects.filter(pk=backup.pk).update(created_at=now() - age)
    return backup


def asked(flow: str) -> list[int]:
    return [one.params["backup_id"] for one in Operation.objects.filter(flow=flow).order_by("pk")]


def test_one_that_is_due_is_asked_for_once_and_the_next_time_is_set(site: Site) -> None:
    schedule = scheduled(site)
    make_what_is_due(site.server, NOBODY)
    make_what_is_due(site.server, NOBODY)
    assert [Backup.objects.get(pk=pk).reason for pk in asked("backup.create")] == ["scheduled"]
    schedule.refresh_from_db()
    assert schedule.due_at is not None
    assert schedule.due_at > now()
    assert schedule.missed == 0


def test_one_whose_site_is_busy_is_asked_for_again_the_next_time(site: Site) -> None:
    scheduled(site)
    other = Operation.objects.create(flow="x", subject_kind="site", subject_id=site.pk, server=site.server, queue="q")
    hold = Hold.objects.create(resource=f"site:{site.pk}/backup", operation=other)
    make_what_is_due(site.server, NOBODY)
    assert asked("backup.create") == []
    hold.delete()
    make_what_is_due(site.server, NOBODY)
    assert len(asked("backup.create")) == 1


def test_times_that_passed_while_nobody_looked_are_counted_and_not_made_up_for(site: Site) -> None:
    schedule = scheduled(site, since=now() - timedelta(days=5))
    make_what_is_due(site.server, NOBODY)
    schedule.refresh_from_db()
    assert schedule.missed >= 4
    assert schedule.missed_since is not None
    assert len(asked("backup.create")) == 1


def test_a_site_that_is_deleted_is_left_alone(site: Site) -> None:
    scheduled(site)
    Site.objects.filter(pk=site.pk).update(status=Site.Status.DELETED)
    make_what_is_due(site.server, NOBODY)
    assert asked("backup.create") == []


def test_what_the_policy_does_not_keep_is_removed_and_nothing_that_a_person_made(site: Site) -> None:
    scheduled(site, keep_last=2, keep_daily=0, keep_weekly=0)
    old, pinned, own = (
        made(site, timedelta(days=30)),
        made(site, timedelta(days=29), pinned=True),
        made(site, timedelta(days=28), reason="asked"),
    )
    for age in range(2):
        made(site, timedelta(days=age), verified_at=now())
    remove_what_may_go(site.server, NOBODY)
    assert asked("backup.delete") == [old.pk]
    assert {pinned.pk, own.pk} <= set(Backup.objects.filter(removed_at=None).values_list("pk", flat=True))


def test_nothing_is_removed_after_a_run_that_failed(site: Site) -> None:
    scheduled(site, keep_last=1, keep_daily=0, keep_weekly=0)
    made(site, timedelta(days=3))
    made(site, timedelta(days=2))
    made(site, status="failed")
    remove_what_may_go(site.server, NOBODY)
    assert asked("backup.delete") == []


def test_the_newest_that_waits_longest_is_proven_and_one_at_a_time(site: Site) -> None:
    other = a_site(name="Other")
    for one in (site, other):
        scheduled(one)
    made(site)
    newest = made(site)
    proven = made(other, proven_at=now() - timedelta(days=8))
    prove_the_next(site.server, NOBODY)
    prove_the_next(site.server, NOBODY)
    assert asked("backup.drill") == [newest.pk]
    Operation.objects.update(status="done")
    Backup.objects.filter(pk=newest.pk).update(proven_at=now())
    prove_the_next(site.server, NOBODY)
    assert asked("backup.drill") == [newest.pk, proven.pk]


def test_one_that_was_proven_lately_is_left_alone(site: Site) -> None:
    scheduled(site)
    made(site, proven_at=now() - timedelta(days=6))
    prove_the_next(site.server, NOBODY)
    assert asked("backup.drill") == []


def test_what_came_from_elsewhere_is_proven_by_those_who_want_it(site: Site) -> None:
    scheduled(site)
    own = made(site)
    made(site, reason="upload", kind="wordpress")
    prove_the_next(site.server, NOBODY)
    assert asked("backup.drill") == [own.pk]
