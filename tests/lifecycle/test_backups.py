"""Backups through the doors: parts of them, wrong ones, damaged ones. A number in a name is a row of the attacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from apps.backups.models import Backup
from apps.backups.naming import archive_of
from apps.backups.steps import loading
from apps.databases.models import Database
from apps.host.as_tenant import as_tenant
from apps.host.dumps import Dumps
from apps.host.host import Host
from apps.lifecycle.backup import create_backup, delete_backup, update_backup, verify_backup
from apps.lifecycle.clone import clone_backup, clone_site
from apps.lifecycle.database_rotation import rotate_database
from apps.lifecycle.drill import drill_backup
from apps.lifecycle.restore import restore_backup
from apps.lifecycle.site_deletion import delete_site
from apps.lifecycle.site_purge import purge_site
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.questions import reply
from apps.operations.refusals import Busy, Invalid, WrongState
from apps.sites.models import Site
from tests.bench.front import Front
from tests.bench.load import Visitor, under_load
from tests.lifecycle.creation import clear
from tests.lifecycle.driving import ask, drive
from tests.make import a_client, a_site, a_user
from tests.operations.inventory import inventory
from tests.parts import dumping
from tests.parts.front import RunningFront

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unsent")]
ME = Ask(user=None, door="test")
PAGE, WRECKED = "<?php echo 'as it was saved';", "<?php echo 'wrecked';"
SAYS = "as it was saved", "wrecked"
RESTORES = 3
LIKE_A_DUMP = """
CREATE TABLE a (n INT);
CREATE TABLE `b
--
-- Table structure for table c
--
d` (n INT);
CREATE TABLE e (n INT);
INSERT INTO a VALUES (1);
INSERT INTO e VALUES (2);
"""


class Shop:
    """A site that was saved, with a page, an upload and one of everything in its database; and was wrecked after."""

    def __init__(self, host: Host, front: RunningFront) -> None:
        self.host, self.front = host, front
        operation = drive(ask(name="Shop", database=True), host)
        self.site = Site.objects.select_related("server", "runtime").get(pk=operation.subject_id)
        self.owner = host.users.identity(host.places.site_user(self.site.pk))
        self.write("public/page.php", PAGE)
        self.write("public/uploads/2026/one.txt", "the first upload")
        self.write("private/notes.txt", "private words")
        self.fill(dumping.EVERYTHING)

    def write(self, path: str, text: str) -> None:
        if folder := str(Path(path).parent):
            self.host.files.make_folder_as(self.owner, self.site.slug, folder)
        self.host.files.write_as(self.owner, self.site.slug, path, text)

    def read(self, path: str) -> str:
        return (self.host.places.site(self.site.slug) / path).read_text()

    @property
    def database(self) -> Database:
        return Database.objects.select_related("site__server").get(site=self.site)

    def fill(self, sql: str) -> None:
        password = self.host.vault.open(self.database.sealed_password)
        name = self.database.name
        self.host.schemas.empty(name, name)
        dumping.run(self.host.places.mysql_socket, name, sql, name, password)

    def tables(self) -> dict[str, Any]:
        return dumping.content(self.host.places.mysql_socket, self.database.name)

    def save(self, **words: Any) -> Backup:
        operation = drive(create_backup(ME, self.again(), **words), self.host)
        assert operation.status == "done", operation.error
        return Backup.objects.select_related("site__server", "server").get(pk=operation.params["backup_id"])

    def wreck(self) -> None:
        self.write("public/page.php", WRECKED)
        self.write("public/new.php", "<?php")
        self.fill("CREATE TABLE wrecked (n INT)")

    def restore(self, backup: Backup, **words: Any) -> Operation:
        return drive(restore_backup(ME, again(backup), **words), self.host)

    def page(self) -> str:
        return self.front.get("shop.localhost", "/page.php").body

    def again(self) -> Site:
        self.site = Site.objects.select_related("server", "runtime").get(pk=self.site.pk)
        return self.site


def again(backup: Backup) -> Backup:
    return Backup.objects.select_related("site__server", "server").get(pk=backup.pk)


@pytest.fixture
def shop(machine: Host, parts: RunningFront) -> Iterator[Shop]:
    yield Shop(machine, parts)
    clear(machine)


def test_all_of_it_comes_back_with_every_kind_of_thing_in_its_database(shop: Shop) -> None:
    was, backup = shop.tables(), shop.save()
    shop.wreck()
    operation = shop.restore(backup)
    assert operation.status == "done", operation.error
    assert (shop.page(), shop.tables()) == ("as it was saved", was)
    before = Backup.objects.get(reason="restore")
    assert (before.status, before.has_files, before.has_databases) == ("completed", True, True)


@pytest.mark.parametrize("content", [dumping.EVERYTHING, LIKE_A_DUMP], ids=["everything", "tables like a dump"])
def test_a_large_database_comes_back_by_two_connections(
    shop: Shop, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole even where the name of a table looks like the beginning of another one."""
    monkeypatch.setattr(loading, "LARGE", 0)
    shop.fill(content)
    was, backup = shop.tables(), shop.save()
    shop.wreck()
    with patch.object(Dumps, "load_at_once", autospec=True, side_effect=Dumps.load_at_once) as at_once:
        operation = shop.restore(backup)
    assert operation.status == "done", operation.error
    assert (shop.tables(), at_once.called) == (was, True)


def test_a_restore_is_taken_back_by_restoring_what_it_saved_before(shop: Shop) -> None:
    backup = shop.save()
    shop.wreck()
    shop.restore(backup)
    operation = shop.restore(Backup.objects.get(reason="restore"), keep=False)
    assert operation.status == "done", operation.error
    assert (shop.page(), "wrecked" in shop.tables()) == ("wrecked", True)
    assert Backup.objects.count() == 2


def test_no_visitor_is_lost_while_its_files_come_back(shop: Shop) -> None:
    backup = shop.save()
    visitor = Visitor(Front(settings.PLACES), "shop.localhost", lambda page: page.body in SAYS, "/page.php")
    with under_load(visitor) as seen:
        for _ in range(RESTORES):
            shop.write("public/page.php", WRECKED)
            operation = shop.restore(backup, files=True, keep=False)
            assert operation.status == "done", operation.error
    assert (seen.wrong, seen.closed) == ([], 0), seen.text()
    assert shop.page() == "as it was saved"


def test_one_path_comes_back_and_nothing_else_changes(shop: Shop) -> None:
    backup = shop.save()
    shop.wreck()
    operation = shop.restore(backup, path="public/page.php")
    assert operation.status == "done", operation.error
    assert shop.page() == "as it was saved"
    assert (shop.read("public/new.php"), "wrecked" in shop.tables()) == ("<?php", True)


def test_a_path_comes_back_whose_folders_are_gone(shop: Shop) -> None:
    backup = shop.save()
    as_tenant(shop.owner, "empty", shop.host.places.public("shop") / "uploads")
    (shop.host.places.public("shop") / "uploads").rmdir()
    operation = shop.restore(backup, path="public/uploads/2026/one.txt")
    assert operation.status == "done", operation.error
    assert shop.read("public/uploads/2026/one.txt") == "the first upload"


def test_one_table_comes_back_with_its_triggers(shop: Shop) -> None:
    was, backup = shop.tables(), shop.save()
    password = shop.host.vault.open(shop.database.sealed_password)
    spoilt = "DELETE FROM log; DROP TRIGGER told; INSERT INTO parents (name) VALUES ('new'); DELETE FROM bytes"
    name = shop.database.name
    dumping.run(shop.host.places.mysql_socket, name, spoilt.replace("; ", ";\n"), name, password)
    operation = shop.restore(backup, table="bytes")
    assert operation.status == "done", operation.error
    assert shop.tables()["bytes"] == was["bytes"]
    assert shop.tables()["parents"] != was["parents"]
    assert shop.tables()["its views"] == was["its views"]


def test_a_table_that_is_bound_to_another_is_not_restored_alone(shop: Shop) -> None:
    was, backup = shop.tables(), shop.save()
    operation = shop.restore(backup, table="children")
    assert operation.status == "undone"
    assert "A foreign key binds children to parents" in operation.error
    assert shop.tables() == was


def test_the_password_of_today_is_in_what_is_restored(shop: Shop) -> None:
    backup = shop.save()
    old = shop.host.vault.open(shop.database.sealed_password)
    drive(rotate_database(ME, shop.database), shop.host)
    new = shop.host.vault.open(shop.database.sealed_password)
    assert shop.restore(backup).status == "done"
    assert new in shop.read("private/.env")
    assert old not in shop.read("private/.env")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"path": "/etc/passwd"}, "must lead to a file or folder in public or private"),
    ({"path": "public/../../x"}, "must lead to a file or folder in public or private"),
    ({"path": "tmp/x"}, "must lead to a file or folder in public or private"),
    ({"database": "mysql"}, "has no database mysql"),
    ({"table": "a\nb"}, "That is no table's name"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[sentence[:20] for _, sentence in WRONG])
def test_what_is_not_in_it_is_refused_at_the_door(shop: Shop, words: dict[str, Any], sentence: str) -> None:
    backup = shop.save()
    with pytest.raises(Invalid, match=sentence):
        restore_backup(ME, backup, **words)
    assert Backup.objects.count() == 1


@pytest.mark.parametrize("words", [{"path": "public/nothing.php"}, {"table": "nothing"}], ids=["path", "table"])
def test_what_turns_out_not_to_be_in_it_changes_nothing(shop: Shop, words: dict[str, Any]) -> None:
    backup = shop.save()
    shop.wreck()
    was = inventory(shop.host), shop.tables(), shop.page()
    operation = shop.restore(backup, **words)
    assert operation.status == "undone"
    assert "nothing" in operation.error
    assert (inventory(shop.host), shop.tables(), shop.page()) == was
    assert Backup.objects.count() == 1


def test_42_the_backup_of_another_s_site_is_not_there(shop: Shop) -> None:
    backup, eve = shop.save(), a_user("eve")
    other = a_site(eve, "Other")
    client = a_client(eve, "backup:restore", "backup:read")
    assert client.get(f"/api/v1/backups/{backup.pk}/").status_code == 404
    answer = client.post(f"/api/v1/backups/{backup.pk}/restore/", {"confirm": backup.file}, format="json")
    assert answer.status_code == 404
    assert not Operation.objects.filter(subject_id=other.pk).exists()
    other.domains.all().delete()
    other.delete()


@pytest.mark.parametrize("at", [0, 40, 3000, -40, -5000], ids=lambda at: f"byte {at}")
def test_43_a_byte_that_was_changed_is_found_and_nothing_live_changes(shop: Shop, at: int) -> None:
    backup = shop.save()
    archive = archive_of(shop.host.places, backup)
    content = bytearray(archive.read_bytes())
    content[at] ^= 1
    archive.write_bytes(content)
    shop.wreck()
    was = inventory(shop.host), shop.tables(), shop.page()
    assert drive(verify_backup(ME, backup), shop.host).status == "undone"
    assert again(backup).fault
    assert shop.restore(backup, keep=False).status == "undone"
    assert (inventory(shop.host), shop.tables(), shop.page()) == was


def test_a_drill_proves_it_and_leaves_nothing(shop: Shop) -> None:
    backup = shop.save()
    was = inventory(shop.host)
    operation = drive(drill_backup(ME, backup), shop.host)
    assert operation.status == "done", operation.error
    found = again(backup)
    assert found.proven_at is not None
    assert found.proven_seconds is not None
    assert inventory(shop.host) == was


def test_a_drill_of_what_does_not_run_says_so(shop: Shop) -> None:
    """A page that fails when it is alone: it was fine when it was saved."""
    shop.write("public/index.php", "<?php if (!str_contains(__DIR__, '/shop/')) { http_response_code(500); } echo 'x';")
    backup = shop.save()
    was = inventory(shop.host)
    operation = drive(drill_backup(ME, backup), shop.host)
    assert operation.status == "undone"
    assert "answers 500; when it was saved, 200" in again(backup).fault
    assert inventory(shop.host) == was


def test_a_site_that_was_purged_comes_back_from_its_last_backup_as_a_new_one(shop: Shop) -> None:
    was = shop.tables()
    drive(delete_site(ME, shop.again()), shop.host)
    drive(purge_site(ME, shop.again()), shop.host)
    backup = Backup.objects.select_related("server").get()
    assert (backup.reason, backup.status, backup.site) == ("deletion", "completed", None)
    with pytest.raises(WrongState, match="make a new one of it"):
        restore_backup(ME, backup)
    operation = drive(clone_backup(ME, backup, "shop.localhost", name="Shop"), shop.host)
    assert operation.status == "done", operation.error
    shop.site = Site.objects.get()
    assert shop.page() == "as it was saved"
    tables = shop.tables()
    assert {name: tables[name] for name in was if not name.startswith("its ")}.keys() <= was.keys()
    assert shop.database.name in shop.read("private/.env")


def test_a_clone_is_another_site_with_a_database_of_its_own(shop: Shop) -> None:
    operation = drive(clone_site(ME, shop.again(), "staging.localhost"), shop.host)
    assert operation.status == "done", operation.error
    new = Site.objects.exclude(pk=shop.site.pk).get()
    assert shop.front.get("staging.localhost", "/page.php").body == shop.page() == "as it was saved"
    text = (shop.host.places.site(new.slug) / "private" / ".env").read_text()
    assert new.databases.get().name in text
    assert shop.database.name not in text
    assert not Backup.objects.exists()


def test_one_that_is_pinned_is_not_deleted(shop: Shop) -> None:
    backup = shop.save()
    with pytest.raises(Invalid, match="Say what to change"):
        update_backup(ME, backup)
    drive(update_backup(ME, backup, pinned=True, label="kept"), shop.host)
    with pytest.raises(Invalid, match="is pinned; unpin it first"):
        delete_backup(ME, again(backup))
    drive(update_backup(ME, again(backup), pinned=False), shop.host)
    drive(delete_backup(ME, again(backup)), shop.host)
    assert not archive_of(shop.host.places, backup).exists()
    with pytest.raises(WrongState, match="is not there any more"):
        restore_backup(ME, again(backup))


def test_47_nothing_else_is_done_to_a_site_that_is_restored(shop: Shop) -> None:
    backup = shop.save()
    restore_backup(ME, backup)
    with pytest.raises(Busy):
        delete_site(ME, shop.again())
    with pytest.raises(Busy):
        create_backup(ME, shop.again())
    with pytest.raises(Busy):
        delete_backup(ME, again(backup))


def test_it_can_be_fetched_as_it_lies_there(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.operations.sending.ask", lambda question: reply(question, shop.host))
    backup = shop.save()
    boss = User.objects.create_superuser("boss")
    answer: Any = a_client(boss, "backup:download").get(f"/api/v1/backups/{backup.pk}/archive/")
    assert b"".join(answer.streaming_content) == archive_of(shop.host.places, backup).read_bytes()
    assert answer["Content-Disposition"] == f'attachment; filename="{backup.file}"'
