"""Archives from elsewhere on their way into a site: each becomes a backup that restores, or leaves nothing.

A number in a name is a row of the attacks.
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import load_command_class

from apps.backups.models import Backup, BackupKey
from apps.backups.naming import archive_of
from apps.backups.uploads import Words, import_sent, take
from apps.host.archive.keys import new_key
from apps.host.host import Host
from apps.host.login import Login
from apps.host.visit import fetch
from apps.lifecycle.backup_import import import_backup
from apps.lifecycle.clone import clone_backup
from apps.lifecycle.drill import drill_backup
from apps.lifecycle.restore import restore_backup
from apps.operations.letterbox import letterbox_of
from apps.operations.management.base import NounCommand
from apps.operations.models import Operation
from apps.operations.refusals import Forbidden, Invalid, WrongState
from apps.servers.models import Server
from apps.sites.models import Site
from tests.host.archive.tars import file, folder, link, tar
from tests.host.archive.zips import zipped
from tests.lifecycle.creation import clear
from tests.lifecycle.driving import ask, drive
from tests.lifecycle.test_backups import ME, Shop, again, shop
from tests.make import a_client, a_user
from tests.operations.inventory import inventory
from tests.parts import dumping
from tests.parts.front import RunningFront

__all__ = ["shop"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unsent")]
DUMP = (
    b"-- Host: x    Database: old_shop\nCREATE TABLE parents (id INT PRIMARY KEY);\nINSERT INTO parents VALUES (7);\n"
)
OLD = "old-shop.example"


A_TREE = (
    folder("home/public_html"),
    file("home/public_html/page.php", b"<?php echo 'from elsewhere';"),
    file("home/public_html/index.php", b"<?php echo 'home';"),
    file("home/mail/inbox", b"not the site's"),
    file("mysql/old_shop.sql", DUMP),
)
"""As another panel's backup has it: a home with a document root, and a dump beside."""


def a_tree(*more: Any) -> bytes:
    return tar(*A_TREE, *more)


def imported(shop: Shop, packed: bytes, dump: bytes | None = None, **words: str) -> Operation:
    site = shop.again()
    name = "" if dump is None else take(ME, site, [dump])
    return drive(import_sent(ME, site, [packed], words=Words(dump_upload=name, **words)), shop.host)


def the(operation: Operation) -> Backup:
    assert operation.status == "done", operation.error
    return Backup.objects.select_related("site__server", "server").get(pk=operation.params["backup_id"])


def spooled(shop: Shop) -> list[Path]:
    return list(shop.host.places.spool.iterdir())


def test_a_tree_from_elsewhere_is_restored_and_told_of(shop: Shop) -> None:
    backup = the(imported(shop, a_tree(file("home/public_html/.htaccess", b"Redirect /a /b")), label="the old host's"))
    report = backup.facts["report"]
    assert (backup.reason, backup.label, backup.kind) == ("upload", "the old host's", "custom")
    assert (report["label"], report["root"], report["files"]) == ("Custom PHP", "home/public_html", 5)
    assert report["databases"] == [{"name": "old_shop", "bytes": len(DUMP), "tables": 1}]
    assert report["unread"] == [".htaccess, line 1: Redirect /a /b"]
    assert report["left_out"] == [{"folder": "home", "entries": 1}]
    assert backup.verified_at is not None
    line = Operation.objects.get(flow="backup.import").lines.get(key="import-look")
    assert line.memo["note"].replace("\xa0", " ") == "Custom PHP: 5 files, 182 bytes"
    assert spooled(shop) == []
    operation = shop.restore(backup)
    assert operation.status == "done", operation.error
    assert shop.page() == "from elsewhere"
    assert set(shop.tables()) - {f"its {kind}" for kind in dumping.CODE} == {"parents"}
    assert shop.read("private/notes.txt") == "private words"
    assert not (shop.host.places.public("shop") / "uploads").exists()


def test_a_dump_in_a_second_file_and_one_in_the_private_folder_do_as_well(shop: Shop) -> None:
    backup = the(imported(shop, tar(file("index.php", b"<?php")), gzip.compress(DUMP)))
    assert [one["name"] for one in backup.facts["databases"]] == ["old_shop"]
    private = shop.host.places.site("shop") / "private"
    for name, content in (("old.tar.gz", a_tree()), ("new.sql", DUMP.replace(b"old_shop", b"new_shop"))):
        shop.write(f"private/{name}", "")
        (private / name).write_bytes(content)
    operation = drive(import_backup(ME, shop.again(), path="old.tar.gz", dump="new.sql"), shop.host)
    assert [one["name"] for one in the(operation).facts["databases"]] == ["new_shop"]
    assert (private / "old.tar.gz").exists()


def test_a_zip_does_as_well_sent_or_in_the_private_folder(shop: Shop) -> None:
    packed = zipped(*A_TREE)
    sent = the(imported(shop, packed))
    shop.write("private/old.zip", "")
    (shop.host.places.site("shop") / "private/old.zip").write_bytes(packed)
    taken = the(drive(import_backup(ME, shop.again(), path="old.zip"), shop.host))
    assert sent.facts["report"] == taken.facts["report"] == the(imported(shop, a_tree())).facts["report"]
    assert spooled(shop) == []
    operation = shop.restore(taken)
    assert operation.status == "done", operation.error
    assert shop.page() == "from elsewhere"


def test_an_archive_of_this_panel_comes_back_in_and_is_proven(shop: Shop) -> None:
    was, saved = shop.tables(), shop.save()
    packed = archive_of(shop.host.places, saved).read_bytes()
    shop.wreck()
    backup = the(imported(shop, packed))
    assert backup.facts["report"]["ours"]
    assert backup.facts["site"]["url"] == shop.site.url
    drill = drive(drill_backup(ME, backup), shop.host)
    assert drill.status == "done", drill.error
    operation = shop.restore(again(backup))
    assert operation.status == "done", operation.error
    assert (shop.page(), shop.tables(), shop.read("private/notes.txt")) == ("as it was saved", was, "private words")


def test_an_archive_of_another_panel_opens_with_the_key_that_is_given_and_not_kept(shop: Shop) -> None:
    other, saved = new_key(), shop.save()
    Server.objects.update(letterbox=letterbox_of(shop.host))
    packed = locked_for(other.recipient, shop, saved)
    refused = imported(shop, packed)
    assert (refused.status, "--identity-file" in refused.error) == ("undone", True)
    operation = imported(shop, packed, identity=f"# a comment\n{other.identity}\n")
    backup = the(operation)
    assert shop.restore(backup).status == "done"
    assert other.identity not in json.dumps(operation.params)
    assert not BackupKey.objects.filter(recipient=other.recipient).exists()
    with pytest.raises(Invalid, match="cannot be read"):
        import_sent(ME, shop.again(), [packed], words=Words(identity="no key"))
    assert spooled(shop) == []


def locked_for(recipient: str, shop: Shop, saved: Backup) -> bytes:
    """Unlocked by hand, and locked by age itself for somebody else."""
    key = shop.host.vault.open(BackupKey.objects.exclude(sealed_identity="").get().sealed_identity)
    keyfile = shop.host.places.root / "key-of-the-test"
    keyfile.write_text(f"{key}\n")
    plain = subprocess.run(
        ["age", "-d", "-i", keyfile, archive_of(shop.host.places, saved)], capture_output=True, check=True
    )
    keyfile.unlink()
    return subprocess.run(["age", "-r", recipient], input=plain.stdout, capture_output=True, check=True).stdout


REFUSED: dict[str, tuple[bytes, str]] = {
    "slip": (a_tree(file("../evil")), "lead out"),
    "through a link": (a_tree(link("home/public_html/a", "/etc"), file("home/public_html/a/x")), "something else"),
    "hard link": (a_tree(("home/public_html/h", tarfile.LNKTYPE, "mysql/old_shop.sql")), "hard link"),
    "device": (a_tree(("home/public_html/d", tarfile.CHRTYPE, "")), "no file, folder or symbolic link"),
    "twice": (a_tree(file("home/public_html/page.php")), "comes twice"),
    "cut": (a_tree()[:-40], "cut short"),
    "zip slip": (zipped(*A_TREE, file("../evil")), "lead out"),
    "half a zip": (zipped(*A_TREE)[:-40], "cut short"),
    "rar": (b"Rar!\x1a\x07", "packed by RAR"),
    "nothing": (b"", "cut short"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_40_43_what_is_refused_leaves_nothing(name: str, shop: Shop) -> None:
    was = inventory(shop.host), shop.tables(), shop.page()
    packed, sentence = REFUSED[name]
    operation = imported(shop, packed)
    assert (operation.status, sentence in operation.error) == ("undone", True), operation.error
    assert (inventory(shop.host), shop.tables(), shop.page()) == was
    assert not Backup.objects.exists()
    assert spooled(shop) == []


def test_where_there_is_no_room_that_is_said_and_not_that_it_is_hostile(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(shop.host.archives), "free", lambda archives: 1000)
    operation = imported(shop, a_tree())
    assert (operation.status, "disk is too full" in operation.error) == ("undone", True), operation.error
    assert spooled(shop) == []


@pytest.mark.parametrize("at", [3, 40, 3000, -40, -5000], ids=lambda at: f"byte {at}")
def test_43_an_archive_of_ours_with_a_byte_changed_is_no_backup(shop: Shop, at: int) -> None:
    saved = shop.save()
    content = bytearray(archive_of(shop.host.places, saved).read_bytes())
    content[at] ^= 1
    operation = imported(shop, bytes(content))
    assert operation.status == "undone"
    assert not Backup.objects.filter(reason="upload").exists()


def test_41_a_dump_with_a_shell_in_it_reaches_nothing(shop: Shop) -> None:
    evil = shop.host.places.root / "evil"
    for said in (f"\\! id > {evil}\n", f"SELECT 1 INTO OUTFILE '{evil}';\n", "GRANT ALL ON *.* TO x@localhost;\n"):
        packed = tar(file("index.php", b"<?php"), file("x.sql", DUMP + said.encode()))
        was = shop.tables()
        operation = shop.restore(the(imported(shop, packed)), databases=True)
        assert operation.status == "undone"
        assert shop.tables() == was
    assert not evil.exists()


def test_files_of_another_kind_are_not_put_into_a_site_that_cannot_run_them(shop: Shop) -> None:
    packed = tar(file("wp-includes/version.php", b"$wp_version = '6.4';"), file("wp-config.php", b"<?php"))
    backup = the(imported(shop, packed))
    assert backup.kind == "wordpress"
    for act in (restore_backup, drill_backup):
        with pytest.raises(WrongState, match="make a new site of it"):
            act(ME, backup)


def test_42_nobody_sends_one_to_another_s_site(shop: Shop) -> None:
    eve = a_client(a_user("eve"), "backup:import")
    address = f"/api/v1/backups/upload/?site={shop.site.slug}"
    answer = eve.post(address, a_tree(), content_type="application/octet-stream")
    assert answer.status_code == 404
    eve_ask = type(ME)(user=User.objects.get(username="eve"), door="test")
    with pytest.raises(Forbidden):
        import_sent(eve_ask, shop.again(), [a_tree()])
    assert spooled(shop) == []


def test_it_is_sent_through_the_api_in_one_request_or_in_three(shop: Shop, settings: Any) -> None:
    boss = a_client(User.objects.create_superuser("boss"))
    kind = "application/octet-stream"
    address = f"/api/v1/backups/upload/?site={shop.site.slug}"
    answer = boss.post(f"{address}&label=one", a_tree(), content_type=kind)
    assert (answer.status_code, answer.json()["backup"]["label"]) == (202, "one")
    drive(Operation.objects.latest("pk"), shop.host)
    names = [boss.post(f"{address}&hold=1", one, content_type=kind).json()["upload"] for one in (a_tree(), DUMP)]
    body = {"site": shop.site.slug, "upload": names[0], "dump_upload": names[1], "label": "three"}
    answer = boss.post("/api/v1/backups/import/", body, format="json")
    assert answer.status_code == 202, answer.json()
    backup = the(drive(Operation.objects.latest("pk"), shop.host))
    shown = boss.get(f"/api/v1/backups/{backup.pk}/").json()
    assert (shown["label"], shown["report"]["kind"]) == ("three", "custom")
    assert boss.post("/api/v1/backups/upload/", a_tree(), content_type=kind).status_code == 404
    answer = boss.post("/api/v1/backups/import/", {**body, "upload": "../../etc/passwd"}, format="json")
    assert answer.status_code == 400
    settings.UPLOAD_MB = 0
    assert boss.post(address, a_tree(), content_type=kind).status_code == 413
    assert spooled(shop) == []


def command(*words: str) -> int:
    found = load_command_class("apps.backups", "backup")
    assert isinstance(found, NounCommand)
    return found.main("backup", list(words))


def test_the_command_line_reads_files_and_says_what_is_wrong(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("apps.operations.doors.command.follow", lambda operation: drive(operation, shop.host))
    archive, dump, key = tmp_path / "old.tar.gz", tmp_path / "new.sql", tmp_path / "key"
    archive.write_bytes(a_tree())
    dump.write_bytes(DUMP.replace(b"old_shop", b"new_shop"))
    key.write_text("no key")
    words = ("import", "shop", str(archive), "--dump-file", str(dump), "--label", "by command")
    assert command(*words, "--wait", "--format", "json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["label"], shown["report"]["databases"][0]["name"]) == ("by command", "new_shop")
    for wrong, told in (
        (("import", "shop"), "Say which archive"),
        (("import", "shop", "x", "--path", "y"), "Say which archive"),
        (("import", "shop", "--path", "y", "--dump-file", "z"), "come from one place"),
        (("import", "shop", str(tmp_path / "no")), "cannot be read: No such file"),
        (("import", "shop", str(archive), "--dry-run"), "--dry-run sends no file"),
        (("import", "shop", str(archive), "--identity-file", str(key)), "This key of age cannot be read"),
        (("import", "shop", "--path", "../x"), "must lead to a file in the site's private folder"),
    ):
        assert command(*wrong) == 2, wrong
        assert told in capsys.readouterr().err
    assert command("import", "nowhere", str(archive)) == 3
    assert spooled(shop) == []


@pytest.fixture
def wordpress(machine: Host, parts: RunningFront) -> Iterator[tuple[Site, bytes]]:
    """A site, and what another host would give of it: its files, pointed at that host's server, and its database."""
    operation = drive(ask(name="Old", kind="wordpress"), machine)
    site = Site.objects.select_related("server", "runtime").get(pk=operation.subject_id)
    yield site, elsewhere(machine, site)
    clear(machine)


def elsewhere(host: Host, site: Site) -> bytes:
    database = site.databases.get()
    password = host.vault.open(database.sealed_password)
    name = database.name
    owner = host.users.identity(host.places.site_user(site.pk))
    sql = b"".join(host.dumps.export(Login(name, password, owner)))
    sql = sql.replace(site.url.encode(), f"http://{OLD}".encode()).replace(name.encode(), b"oldhost_wp")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as made:
        for path in sorted(host.places.public(site.slug).rglob("*")):
            inner = f"homedir/public_html/{path.relative_to(host.places.public(site.slug))}"
            if path.name == "wp-config.php":
                text = path.read_text().replace(name, "oldhost_wp").replace(password, "the-old-one")
                text = text.replace(f"localhost:{host.places.mysql_socket}", "db7.oldhost.example")
                add(made, inner, text.encode())
            else:
                made.add(path, inner, recursive=False)
        add(made, "mysql/oldhost_wp.sql", sql)
    return out.getvalue()


def add(made: tarfile.TarFile, path: str, content: bytes) -> None:
    info = tarfile.TarInfo(path)
    info.size, info.mode = len(content), 0o644
    made.addfile(info, io.BytesIO(content))


def test_a_wordpress_from_another_host_runs_here_restored_and_as_a_new_site(
    wordpress: tuple[Site, bytes], machine: Host
) -> None:
    site, packed = wordpress
    backup = the(drive(import_sent(ME, site, [packed]), machine))
    report = backup.facts["report"]
    assert (report["kind"], report["addresses"], report["prefix"]) == ("wordpress", [f"http://{OLD}"], "wp_")
    assert report["version"]
    operation = drive(clone_backup(ME, backup, "new.localhost", name="New"), machine)
    assert operation.status == "done", operation.error
    runs_here(Site.objects.exclude(pk=site.pk).get())
    operation = drive(restore_backup(ME, again(backup)), machine)
    assert operation.status == "done", operation.error
    runs_here(Site.objects.get(pk=site.pk))


def runs_here(site: Site) -> None:
    """At its own address, and at no other."""
    host = site.url.removeprefix("https://")
    status, body = fetch(site.port or 0, host)
    assert (status, "wp-content" in body, OLD in body) == (200, True, False), body[:500]
    assert f"http://{host}" not in body
