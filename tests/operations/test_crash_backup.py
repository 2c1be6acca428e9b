"""Backup, restore, clone, drill and the rest, killed at every point, forward and back.

Security row 45: the site is the old one entirely or the new one, and a backup that is listed as good restores.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.backups.models import Backup, BackupKey
from apps.backups.naming import archive_of
from apps.backups.panel import PANEL
from apps.backups.uploads import import_sent
from apps.databases.models import Database
from apps.host.crash import CrashPoint
from apps.host.host import Host
from apps.lifecycle.backup import (
    CREATE,
    DELETE,
    UPDATE,
    VERIFY,
    create_backup,
    delete_backup,
    update_backup,
    verify_backup,
)
from apps.lifecycle.backup_import import IMPORT
from apps.lifecycle.clone import CLONE, COPY, clone_backup, clone_site
from apps.lifecycle.drill import DRILL, drill_backup
from apps.lifecycle.panel_backup import EXPORT, export_panel
from apps.lifecycle.recovery_key import SET, set_recovery_key
from apps.lifecycle.restore import RESTORE, restore_backup
from apps.lifecycle.site_deletion import delete_site
from apps.lifecycle.site_purge import purge_site
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.doors.samples import RECIPIENT
from tests.host.archive.tars import file, tar
from tests.operations.crashing import killed_forward, killed_undoing
from tests.operations.inventory import Inventory
from tests.operations.killing import Recorder, watching
from tests.operations.test_crash import ask_for_a_site, before, drive, take_back, unsent
from tests.operations.test_crash_dumps import ToThePoint
from tests.parts import dumping

__all__ = ["before", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
FROM_ELSEWHERE = tar(file("www/index.php", b"<?php"), file("old.sql", b"CREATE TABLE t (n INT);\n"))
SAVED, WRECKED = "as it was saved", "wrecked"


def owner(host: Host, site: Site) -> Any:
    return host.users.identity(host.places.site_user(site.pk))


def database_of(site: Site) -> Database:
    return Database.objects.select_related("site__server").get(site=site)


def in_it(host: Host, site: Site, sql: str) -> None:
    database = database_of(site)
    password = host.vault.open(database.sealed_password)
    host.schemas.empty(database.name, database.name)
    dumping.run(host.places.mysql_socket, database.name, sql, database.name, password)


def the(site: Site) -> Backup:
    return Backup.objects.select_related("site__server").get(site=site, reason=Backup.Reason.ASKED, removed_at=None)


def saved(host: Host, site: Site) -> None:
    """A page and tables with views and triggers, which are in a backup."""
    host.files.write_as(owner(host, site), site.slug, "public/page.php", f"<?php echo '{SAVED}';")
    in_it(host, site, dumping.SOME)
    drive(create_backup(ME, site).pk, host)


def wrecked(host: Host, site: Site) -> None:
    host.files.write_as(owner(host, site), site.slug, "public/page.php", f"<?php echo '{WRECKED}';")
    in_it(host, site, "CREATE TABLE other (n INT)")
    forgotten(host, site, but=(Backup.Reason.ASKED,))


def saved_and_wrecked(host: Host, site: Site) -> None:
    saved(host, site)
    wrecked(host, site)


def forgotten(host: Host, site: Site, but: tuple[str, ...] = ()) -> None:
    for backup in Backup.objects.filter(slug=site.slug).exclude(reason__in=but):
        host.archives.discard(backup.slug, backup.file)
        backup.delete()


def is_good(host: Host, site: Site) -> None:
    """Whatever is listed as completed is there, and every byte of it as it was written."""
    backup = Backup.objects.get(site=site, status="completed")
    assert backup.bytes == archive_of(host.places, backup).stat().st_size
    drive(verify_backup(ME, backup).pk, host)
    assert Backup.objects.get(pk=backup.pk).verified_at is not None


def is_restored(host: Host, site: Site) -> None:
    assert SAVED in (host.places.public(site.slug) / "page.php").read_text()
    assert {"log", "parents"} <= set(dumping.content(host.places.mysql_socket, database_of(site).name))
    before = Backup.objects.get(site=site, reason=Backup.Reason.RESTORE)
    assert before.status == "completed"


def is_cloned(host: Host, site: Site) -> None:
    new = Site.objects.exclude(pk=site.pk).get()
    assert (new.status, new.chosen) == ("active", site.chosen)
    assert SAVED in (host.places.public(new.slug) / "page.php").read_text()
    assert {"log", "parents"} <= set(dumping.content(host.places.mysql_socket, database_of(new).name))
    assert not Backup.objects.filter(reason=Backup.Reason.CLONE).exists()


def clone_gone(host: Host, site: Site) -> None:
    new = Site.objects.select_related("server").exclude(pk=site.pk).get()
    drive(delete_site(ME, new, backup=False).pk, host)
    drive(purge_site(ME, Site.objects.get(pk=new.pk)).pk, host)


def is_proven(host: Host, site: Site) -> None:
    found = the(site)
    assert found.proven_at is not None
    assert found.fault == ""


def unproven(host: Host, site: Site) -> None:
    Backup.objects.update(proven_at=None, verified_at=None)


def is_verified(host: Host, site: Site) -> None:
    assert the(site).verified_at is not None


def is_pinned(host: Host, site: Site) -> None:
    assert the(site).pinned


def unpinned(host: Host, site: Site) -> None:
    Backup.objects.update(pinned=False)


def is_removed(host: Host, site: Site) -> None:
    assert not Backup.objects.filter(removed_at=None).exists()
    assert not list(host.places.backups(site.slug).iterdir())


def as_saved(host: Host, site: Site) -> None:
    drive(create_backup(ME, site).pk, host)


def ask_for_an_import(site: Site) -> Operation:
    return import_sent(ME, site, [FROM_ELSEWHERE])


def is_taken_in(host: Host, site: Site) -> None:
    is_good(host, site)
    backup = Backup.objects.get(site=site, reason=Backup.Reason.UPLOAD)
    assert [one["tables"] for one in backup.facts["databases"]] == [1]
    assert not list(host.places.spool.iterdir())


def ask_for_a_clone(site: Site) -> Operation:
    return clone_backup(ME, the(site), "again.localhost")


def ask_for_a_copy(site: Site) -> Operation:
    return clone_site(ME, site, "copy.localhost")


def has_the_key(host: Host, site: Site) -> None:
    used = BackupKey.objects.filter(server=site.server, retired_at=None, sealed_identity="")
    assert [key.recipient for key in used] == [RECIPIENT]


def without_keys(host: Host, site: Site) -> None:
    BackupKey.objects.filter(sealed_identity="").delete()


def panel_gone(host: Host, site: Site) -> None:
    for backup in Backup.objects.filter(slug=PANEL):
        host.archives.discard(backup.slug, backup.file)
        backup.delete()


def with_a_key(host: Host, site: Site) -> None:
    BackupKey.objects.get_or_create(server=site.server, recipient=RECIPIENT)


def panel_is_saved(host: Host, site: Site) -> None:
    backup = Backup.objects.get(slug=PANEL)
    assert (backup.status, backup.fault) == ("completed", "")
    assert backup.verified_at is not None
    assert backup.bytes == archive_of(host.places, backup).stat().st_size
    assert not (host.places.archives / ".records").exists()


LOOPS = {
    "create": ToThePoint(CREATE, lambda site: create_backup(ME, site), is_good, forgotten),
    "import": ToThePoint(IMPORT, ask_for_an_import, is_taken_in, forgotten),
    "restore": ToThePoint(
        RESTORE, lambda site: restore_backup(ME, the(site)), is_restored, wrecked, ready=saved_and_wrecked
    ),
    "clone": ToThePoint(CLONE, ask_for_a_clone, is_cloned, clone_gone, ready=saved, anew=True),
    "copy": ToThePoint(COPY, ask_for_a_copy, is_cloned, clone_gone, ready=saved, anew=True),
    "drill": ToThePoint(DRILL, lambda site: drill_backup(ME, the(site)), is_proven, unproven, ready=saved),
    "verify": ToThePoint(VERIFY, lambda site: verify_backup(ME, the(site)), is_verified, unproven, ready=saved),
    "recovery": ToThePoint(SET, lambda site: set_recovery_key(ME, site.server, RECIPIENT), has_the_key, without_keys),
    "export": ToThePoint(
        EXPORT, lambda site: export_panel(ME, site.server), panel_is_saved, panel_gone, ready=with_a_key, anew=True
    ),
    "update": ToThePoint(
        UPDATE, lambda site: update_backup(ME, the(site), pinned=True), is_pinned, unpinned, ready=saved
    ),
    "delete": ToThePoint(DELETE, lambda site: delete_backup(ME, the(site)), is_removed, as_saved, ready=saved),
}


@pytest.fixture
def site(machine: Host, before: Inventory) -> Iterator[Site]:
    operation = ask_for_a_site()
    drive(operation.pk, machine)
    yield Site.objects.get(pk=operation.subject_id)
    left = Site.objects.get(pk=operation.subject_id)
    forgotten(machine, left)
    take_back(operation.pk, machine)


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every database is: it is loaded by several connections."""
    monkeypatch.setattr("apps.backups.steps.loading.LARGE", 0)


def test_every_point_of_the_engine_is_passed(machine: Host, site: Site) -> None:
    saved_and_wrecked(machine, site)
    with watching(Recorder()) as written:
        drive(create_backup(ME, site).pk, machine)
    forgotten(machine, site, but=(Backup.Reason.RESTORE,))
    saved_and_wrecked(machine, site)
    with watching(Recorder()) as restored:
        drive(restore_backup(ME, the(site)).pk, machine)
    with watching(Recorder()) as of_a_path:
        drive(restore_backup(ME, the(site), path="public/page.php", keep=False).pk, machine)
    passed = {*written.passed, *restored.passed, *of_a_path.passed}
    assert {name for name in CrashPoint.names if name.startswith("archive.")} - passed == set()


@pytest.mark.parametrize("name", LOOPS)
def test_45_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", [name for name, loop in LOOPS.items() if loop.steps])
def test_45_killed_on_the_way_back_it_leaves_all_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
    forgotten(machine, site)
