"""What a site's backups may take together: one that would go over that is not begun, and its absence is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from apps.backups.chores import make_what_is_due, remove_what_may_go
from apps.backups.models import Backup, Schedule
from apps.backups.watches import failed
from apps.lifecycle.backup import create_backup
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.refusals import Full, Invalid
from apps.sites.models import Site, Usage
from apps.sites.settings import checked
from tests.backups.test_chores import NOBODY, made, scheduled
from tests.make import a_site

pytestmark = pytest.mark.django_db
ME = Ask(user=None, door="test")
GB = 1 << 30


@pytest.fixture
def site() -> Site:
    return a_site(name="Rose", slug="rose", chosen={"backup_room": "10"})


def asked(flow: str) -> int:
    return Operation.objects.filter(flow=flow).count()


def test_it_is_said_in_gigabytes_and_nothing_else_will_do(site: Site) -> None:
    assert checked(site, {"backup_room": "20G"}) == {"backup_room": "20"}
    for wrong in ("0", "-1", "20 GB", "1.5", "much"):
        with pytest.raises(Invalid, match=r"Room for backups: .* is not a whole number from 1"):
            checked(site, {"backup_room": wrong})


def test_one_that_fits_beside_the_others_is_made_and_one_that_does_not_is_not_begun(site: Site) -> None:
    made(site, reason="asked", bytes=4 * GB)
    made(site, bytes=3 * GB)
    create_backup(ME, site)
    made(site, bytes=2 * GB)
    with pytest.raises(Full) as refused:
        create_backup(ME, site)
    assert str(refused.value) == (
        "The backups of rose may take 10.0 GB together. There are 2 by schedule (5.0 GB), 1 asked for (4.0 GB), and"
        " another one needs about 2.0 GB. Delete some of them, let the schedule keep fewer, or allow more:"
        " ./panel site update rose --backup-room GB."
    )
    assert Backup.objects.filter(status="in_progress").count() == asked("backup.create") == 1


def test_a_part_needs_what_that_part_needed_last(site: Site) -> None:
    made(site, bytes=6 * GB)
    made(site, bytes=GB, has_files=False)
    create_backup(ME, site, files=False)
    with pytest.raises(Full):
        create_backup(ME, site)


def test_the_first_one_needs_as_much_as_the_site_takes_on_the_disk(site: Site) -> None:
    Usage.objects.create(site=site, bytes=11 * GB, measured_at=now())
    with pytest.raises(Full, match="There are none, and another one needs about 11"):
        create_backup(ME, site)


def test_without_a_limit_there_is_none(site: Site) -> None:
    Site.objects.update(chosen={})
    made(site, bytes=400 * GB)
    create_backup(ME, Site.objects.get())


def test_those_that_failed_or_are_gone_take_nothing(site: Site) -> None:
    made(site, status="failed", bytes=8 * GB)
    made(site, removed_at=now(), bytes=8 * GB)
    made(site, bytes=5 * GB)
    create_backup(ME, site)


def test_what_the_schedule_does_not_keep_goes_first_and_counts_no_more(site: Site) -> None:
    scheduled(site, keep_last=1, keep_daily=0, keep_weekly=0)
    for day in (3, 2, 1):
        made(site, timedelta(days=day), bytes=3 * GB)
    make_what_is_due(site.server, NOBODY)
    assert (asked("backup.delete"), asked("backup.create")) == (2, 1)


def test_a_scheduled_one_that_is_not_begun_is_told_as_one_that_failed_until_one_goes_well(site: Site) -> None:
    schedule = scheduled(site)
    made(site, timedelta(days=1), bytes=6 * GB)
    for _ in range(2):
        make_what_is_due(site.server, NOBODY)
    schedule.refresh_from_db()
    assert schedule.due_at is not None
    assert schedule.due_at > now()
    assert asked("backup.create") == 0
    (found,) = failed(site.server)
    assert found.text.startswith("rose was not backed up: The backups of rose may take 10.0 GB together.")
    made(site, bytes=GB)
    assert not list(failed(site.server))


def test_once_fewer_are_to_be_kept_the_others_go_though_the_last_was_not_begun(site: Site) -> None:
    schedule = scheduled(site)
    for day in (3, 2, 1):
        made(site, timedelta(days=day), bytes=3 * GB)
    make_what_is_due(site.server, NOBODY)
    assert (asked("backup.delete"), asked("backup.create")) == (0, 0)
    Schedule.objects.filter(pk=schedule.pk).update(keep_last=1, keep_daily=0, keep_weekly=0)
    remove_what_may_go(site.server, NOBODY)
    assert asked("backup.delete") == 2
    create_backup(ME, site)
