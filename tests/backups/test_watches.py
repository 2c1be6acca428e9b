"""What of the backups needs a hand, and when that is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from apps.backups.models import Backup, BackupKey, Copy, Schedule, Target
from apps.notices.models import Event
from apps.notices.watching import look_around
from apps.sites.models import Site
from tests.make import a_site

pytestmark = [pytest.mark.backend, pytest.mark.django_db]


def a_backup(site: Site, status: str = "completed", **facts: Any) -> Backup:
    words = {"server": site.server, "slug": site.slug, "kind": site.kind, "reason": "scheduled", **facts}
    return Backup.objects.create(site=site, status=status, file=f"x-{Backup.objects.count()}.tar.gz", **words)


def found(site: Site) -> list[tuple[str, str]]:
    """What is new of them."""
    return [(event.kind, event.text) for event in look_around(site.server) if event.kind.startswith("backup.")]


def still_open() -> list[str]:
    return list(Event.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_one_that_failed_is_told_until_the_next_goes_well() -> None:
    site = a_site()
    a_backup(site)
    a_backup(site, "failed", fault="The disk is full.")
    assert found(site) == [("backup.failed", f"{site.slug} was not backed up: The disk is full.")]
    a_backup(site, "in_progress")
    assert found(site) == []
    assert still_open() == ["backup.failed"]
    a_backup(site, "failed", fault="Again.")
    assert len(found(site)) == 1
    a_backup(site)
    assert found(site) == []
    assert still_open() == []


def test_one_that_served_a_restore_is_told_by_that() -> None:
    site = a_site()
    a_backup(site, "failed", reason="restore", fault="x")
    assert found(site) == []


def test_one_that_nobody_made_is_as_loud_as_one_that_failed() -> None:
    site, passed = a_site(), now() - timedelta(hours=2)
    schedule = Schedule.objects.create(site=site, name=site.slug, schedule="daily 03:30", due_at=now())
    assert found(site) == []
    Schedule.objects.update(due_at=passed)
    told = f"{site.slug} was to be backed up at {passed:%Y-%m-%d %H:%M} UTC, and was not."
    assert found(site) == [("backup.missed", told)]
    Schedule.objects.update(due_at=now() + timedelta(days=1), missed=3, missed_since=passed)
    assert found(site) == []
    assert still_open() == ["backup.missed"]
    Schedule.objects.filter(pk=schedule.pk).update(missed=0, missed_since=None)
    assert found(site) == []
    assert still_open() == []


def test_a_site_that_is_gone_misses_none() -> None:
    site = a_site(status=Site.Status.DELETED)
    Schedule.objects.create(site=site, name=site.slug, schedule="daily 03:30", due_at=now() - timedelta(days=3))
    assert found(site) == []


def test_one_that_was_listed_as_good_and_is_not_is_told() -> None:
    site = a_site()
    backup = a_backup(site, fault="Block 3 does not open.")
    assert found(site) == [("backup.broken", f"{backup.file} cannot be relied upon: Block 3 does not open.")]
    Backup.objects.update(removed_at=now())
    assert found(site) == []
    assert still_open() == []


def test_a_place_that_takes_no_copies_is_told_once_however_many_wait() -> None:
    site = a_site()
    target = Target.objects.create(server=site.server, name="away", kind="s3", active=True)
    copies = [
        Copy.objects.create(backup=a_backup(site), target=target, status="failed", tries=1, fault="It is full.")
        for _ in range(3)
    ]
    assert found(site) == [("backup.not-copied", "Backups cannot be copied to away: It is full.")]
    Copy.objects.filter(pk=copies[0].pk).update(status="pending")
    Copy.objects.exclude(pk=copies[0].pk).update(status="done")
    assert found(site) == []
    assert still_open() == ["backup.not-copied"]
    Copy.objects.update(status="done")
    assert found(site) == []
    assert still_open() == []


def test_the_panel_s_own_is_told_as_a_site_s_is_and_where_none_is_made_any_more() -> None:
    site, two_days_ago = a_site(), now() - timedelta(days=2, hours=1)
    key = BackupKey.objects.create(server=site.server, recipient="age1")
    own = Backup.objects.create(server=site.server, slug="panel", kind="panel", status="completed", file="panel-1")
    Backup.objects.update(created_at=two_days_ago)
    assert found(site) == [("backup.panel", f"The panel on local was last saved on {two_days_ago:%F}.")]
    key.delete()
    assert found(site) == []
    Backup.objects.filter(pk=own.pk).update(status="failed", fault="The disk is full.")
    assert found(site) == [("backup.panel", "The panel on local was not saved: The disk is full.")]
