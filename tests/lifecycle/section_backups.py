"""Backup Lifecycle: what is seen outside. Archives are opened by other programs than the panel's own."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pyrage
from django.conf import settings

from apps.audit.models import AuditRow
from apps.backups.keys import keys_of
from apps.backups.models import Backup
from apps.backups.steps.archive import MeasureArchive
from apps.backups.steps.beside import ExtractFiles, RemoveAside
from apps.backups.steps.opening import OpenBackup
from apps.backups.steps.putting import ExchangeFiles
from apps.databases.steps.swapping import SwapContent
from tests.lifecycle.creation import drive_all, rows
from tests.lifecycle.sections import Scene, Section, nothing
from tests.parts import dumping
from tests.parts.mariadb import administer

PAGE = "<?php echo 'as it was saved';"


def something_to_save(scene: Scene) -> None:
    """A page, a private file, a table with a row; and no archive of a site of that name before."""
    shutil.rmtree(settings.PLACES.backups("lines"), ignore_errors=True)
    owner = scene.host.users.identity(settings.PLACES.site_user(scene.site.pk))
    scene.host.files.write_as(owner, "lines", "public/saved.php", PAGE)
    scene.host.files.write_as(owner, "lines", "private/notes.txt", "private words")
    in_the_database(scene, "CREATE TABLE saved (n INT); INSERT INTO saved VALUES (41)")


def in_the_database(scene: Scene, sql: str) -> None:
    database = scene.site.databases.get()
    password = scene.host.vault.open(database.sealed_password)
    dumping.run(settings.PLACES.mysql_socket, database.name, sql, database.name, password)


def the_rows(scene: Scene) -> Any:
    found = dumping.content(settings.PLACES.mysql_socket, scene.site.databases.get().name)
    return found["saved"][3]


# 1. Backup Creation


def create(scene: Scene) -> None:
    """The request alone, then all of it; nothing of it in clear on the disk meanwhile."""
    scene.notes["asked"] = scene.post("backups/", site="lines", label="before the update")
    scene.notes["begun"] = rows("SELECT status FROM backups_backup")
    drive_all(scene.host)


def the_archive(scene: Scene) -> Path:
    (file,) = rows("SELECT file FROM backups_backup")[0]
    return settings.PLACES.backups("lines") / str(file)


def unlocked(scene: Scene) -> bytes:
    """By age's own library, with the server's key."""
    key = keys_of(scene.site.server, scene.host)[0]
    return bytes(pyrage.decrypt(the_archive(scene).read_bytes(), [pyrage.x25519.Identity.from_str(key.identity)]))


def inside(scene: Scene) -> dict[str, bytes]:
    """By Python's own gzip and tar."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(unlocked(scene)))) as tar:
        return {entry.name: content.read() for entry in tar if (content := tar.extractfile(entry)) is not None}


def it_is_recorded_as_in_progress(scene: Scene) -> None:
    assert scene.notes["asked"].status_code == 202
    assert scene.notes["asked"].json()["backup"]["status"] == "in_progress"
    assert scene.notes["begun"] == [("in_progress",)]


def it_has_a_place_that_is_the_panels_alone(scene: Scene) -> None:
    folder = settings.PLACES.backups("lines")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert the_archive(scene).parent == folder


def the_files_are_in_it(scene: Scene) -> None:
    found = inside(scene)
    assert found["files/public/saved.php"].decode() == PAGE
    assert found["files/private/notes.txt"] == b"private words"


def the_database_is_in_it(scene: Scene) -> None:
    parts = sorted((name, content) for name, content in inside(scene).items() if name.startswith("database/"))
    dump = b"".join(content for _, content in parts)
    assert b"INSERT INTO `saved` VALUES\n(41)" in dump.replace(b"VALUES (", b"VALUES\n(")
    assert dump.rstrip().rpartition(b"\n")[2].startswith(b"-- Dump completed")


def it_is_one_archive_that_says_what_it_is(scene: Scene) -> None:
    manifest = json.loads(inside(scene)["manifest.json"])
    assert (manifest["site"]["slug"], manifest["site"]["kind"]) == ("lines", "custom")
    assert manifest["configured"] == scene.site.databases.get().name


def it_is_packed_by_gzip(scene: Scene) -> None:
    packed = unlocked(scene)
    assert packed.startswith(b"\x1f\x8b\x08")
    assert len(gzip.decompress(packed)) > len(packed)


def it_is_encrypted(scene: Scene) -> None:
    content = the_archive(scene).read_bytes()
    assert content.startswith(b"age-encryption.org/v1\n")
    assert b"private words" not in content
    unlocked(scene)


def its_size_is_known(scene: Scene) -> None:
    size, digest = rows("SELECT bytes, sha256 FROM backups_backup")[0]
    assert size == the_archive(scene).stat().st_size
    assert digest == hashlib.sha256(the_archive(scene).read_bytes()).hexdigest()


def it_is_recorded_as_completed(scene: Scene) -> None:
    status, at, label = rows("SELECT status, completed_at, label FROM backups_backup")[0]
    assert (status, label) == ("completed", "before the update")
    assert at is not None


def nothing_unfinished_is_left(scene: Scene) -> None:
    archive = the_archive(scene)
    assert [entry.name for entry in archive.parent.iterdir()] == [archive.name]
    assert not [*settings.PLACES.root.glob("sites/.*"), *settings.PLACES.root.glob("**/*.part")]


CREATION = Section(
    "Backup Lifecycle / 1. Backup Creation",
    site={"database": True},
    before=something_to_save,
    act=create,
    facts={
        1: it_is_recorded_as_in_progress,
        2: it_has_a_place_that_is_the_panels_alone,
        3: the_files_are_in_it,
        4: the_database_is_in_it,
        5: it_is_one_archive_that_says_what_it_is,
        6: it_is_packed_by_gzip,
        7: it_is_encrypted,
        8: its_size_is_known,
        9: it_is_recorded_as_completed,
        10: nothing_unfinished_is_left,
    },
    carriers={
        1: ("apps.lifecycle.backup", "new_backup", nothing),
        2: ("apps.host.archive.archives", "have", nothing),
        3: ("apps.host.archive.writing", "pack_tree", nothing),
        4: ("apps.host.dumps.Dumps", "export", lambda *words: iter(())),
        5: ("apps.backups.content", "manifest_of", lambda *words: {}),
        6: ("apps.host.archive.blocks", "member", bytes),
        7: ("apps.host.archive.writing", "Locking", nothing),
        8: (MeasureArchive, "do", nothing),
        9: ("apps.lifecycle.backup", "complete", nothing),
        10: ("apps.host.archive.target.os", "rename", nothing),
    },
)


# 2. Backup Restore


def saved_then_wrecked(scene: Scene) -> None:
    something_to_save(scene)
    scene.do("backups/", site="lines")
    scene.notes["backup"] = Backup.objects.get()
    owner = scene.host.users.identity(settings.PLACES.site_user(scene.site.pk))
    scene.host.files.write_as(owner, "lines", "public/saved.php", "<?php echo 'wrecked';")
    scene.host.files.write_as(owner, "lines", "public/new.php", "<?php")
    in_the_database(scene, "DROP TABLE saved; CREATE TABLE other (n INT)")


def restore(scene: Scene) -> None:
    """One that is not complete yet is asked for first."""
    backup = scene.notes["backup"]
    Backup.objects.filter(pk=backup.pk).update(status="in_progress")
    scene.notes["early"] = scene.post(f"backups/{backup.pk}/restore/", confirm=backup.file)
    Backup.objects.filter(pk=backup.pk).update(status="completed")
    scene.do(f"backups/{backup.pk}/restore/", confirm=backup.file)


def one_that_is_not_complete_is_refused(scene: Scene) -> None:
    assert scene.notes["early"].status_code == 409
    assert "only a backup that is completed" in scene.notes["early"].json()["detail"]
    assert scene.post("backups/999999/restore/", confirm="x").status_code == 404


def it_was_opened_with_the_servers_key(scene: Scene) -> None:
    line = scene.operation.lines.get(key=OpenBackup.key)
    assert line.memo["note"].startswith("It holds ")
    assert "1 database" in line.memo["note"]
    the_files_are_as_they_were(scene)


def it_was_unpacked_beside_the_site(scene: Scene) -> None:
    assert scene.operation.lines.get(key=ExtractFiles.key).status == "done"
    the_files_are_as_they_were(scene)


def the_files_are_as_they_were(scene: Scene) -> None:
    public = settings.PLACES.public("lines")
    assert (public / "saved.php").read_text() == PAGE
    assert not (public / "new.php").exists()
    assert scene.front.get("lines.localhost", "/saved.php").body == "as it was saved"


def the_rows_are_as_they_were(scene: Scene) -> None:
    assert the_rows(scene) == [(41,)]
    tables = dumping.content(settings.PLACES.mysql_socket, scene.site.databases.get().name)
    assert "other" not in tables


def nothing_of_it_is_left_beside(scene: Scene) -> None:
    the_files_are_as_they_were(scene)
    assert [*settings.PLACES.root.glob("sites/.*")] == []
    known = administer(settings.PLACES.mysql_socket, "SHOW DATABASES")
    assert len([name for (name,) in known if name.startswith(settings.PLACES.database_prefix())]) == 1


def it_is_in_the_log(scene: Scene) -> None:
    assert AuditRow.objects.filter(action="backup.restore", outcome="accepted", subject_label="Lines").exists()


RESTORE = Section(
    "Backup Lifecycle / 2. Backup Restore",
    site={"database": True},
    before=saved_then_wrecked,
    act=restore,
    facts={
        1: one_that_is_not_complete_is_refused,
        2: it_was_opened_with_the_servers_key,
        3: it_was_unpacked_beside_the_site,
        4: the_files_are_as_they_were,
        5: the_rows_are_as_they_were,
        6: nothing_of_it_is_left_beside,
        7: it_is_in_the_log,
    },
    carriers={
        1: ("apps.lifecycle.restore", "must_stand", nothing),
        2: ("apps.backups.steps.opening", "keys_of", lambda *words: []),
        3: (ExtractFiles, "do", nothing),
        4: (ExchangeFiles, "do", nothing),
        5: (SwapContent, "do", nothing),
        6: (RemoveAside, "do", nothing),
        7: ("apps.operations.entry.Entry", "_audit", nothing),
    },
)
SECTIONS = (CREATION, RESTORE)
