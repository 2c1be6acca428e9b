"""When the panel saves itself, what is in that, and who can open it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils.timezone import now

from apps.backups.models import Backup, BackupKey
from apps.backups.naming import archive_of
from apps.backups.panel import PANEL
from apps.backups.panel_chores import remove_old_ones, save_the_panel
from apps.host.archive.keys import Key, new_key
from apps.host.authority import FOLDER
from apps.host.host import Host
from apps.lifecycle.key_rotation import rotate_key
from apps.lifecycle.panel_backup import export_panel
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.refusals import Busy, WrongState
from apps.servers.models import Server
from apps.sites.slugs import unique_slug
from tests.lifecycle.driving import drive
from tests.make import a_server, a_site

pytestmark = [pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")


@pytest.fixture(autouse=True)
def unsent() -> Iterator[None]:
    with patch("apps.operations.sending.on_commit", lambda operation: None):
        yield


@pytest.fixture
def key() -> Key:
    made = new_key()
    BackupKey.objects.create(server=a_server(), recipient=made.recipient)
    return made


def the_server() -> Server:
    return Server.objects.get(name="local")


def saved(host: Host) -> Backup:
    operation = drive(export_panel(ME, the_server()), host)
    assert operation.status == "done", operation.error
    return Backup.objects.select_related("server").get(pk=operation.params["backup_id"])


def due(host: Any = None) -> bool:
    """Whether the chore asks for one. What it asks for is forgotten."""
    save_the_panel(the_server(), host)
    operation = Operation.objects.filter(flow="server.export").first()
    if operation is None:
        return False
    Backup.objects.filter(pk=operation.params["backup_id"]).delete()
    operation.delete()
    return True


def a_row(key: Key, *, hours: int = 0, **facts: Any) -> Backup:
    number = Backup.objects.count()
    usual = {"reason": "scheduled", "status": "completed", "facts": {"recovery": key.recipient}}
    row = Backup(server=the_server(), slug=PANEL, kind=PANEL, file=f"panel-{number}.tar.gz.age")
    for name, value in {**usual, **facts}.items():
        setattr(row, name, value)
    row.save()
    Backup.objects.filter(pk=row.pk).update(created_at=now() - timedelta(hours=hours))
    return row


def test_without_a_recovery_key_it_does_not_pretend() -> None:
    server = a_server()
    with pytest.raises(WrongState, match=r"The panel is not saved: .* ./panel server recovery-key"):
        export_panel(ME, server)
    assert not due()
    assert not Backup.objects.exists()


def test_it_is_due_at_once_then_every_day_and_again_for_another_key(key: Key) -> None:
    assert due()
    a_row(key, hours=23)
    assert not due()
    BackupKey.objects.update(retired_at=now())
    BackupKey.objects.create(server=the_server(), recipient=new_key().recipient)
    assert due()


def test_it_is_due_a_day_later_and_not_at_once_after_a_failure(key: Key) -> None:
    a_row(key, hours=25)
    assert due()
    a_row(key, status="failed", fault="The disk is full.")
    assert not due()
    Backup.objects.filter(status="failed").update(created_at=now() - timedelta(hours=2))
    assert due()


def test_of_old_ones_few_stay_and_nobody_s_own_goes(key: Key) -> None:
    rows = [a_row(key, hours=24 * day) for day in range(40, 0, -1)]
    asked = a_row(key, hours=24 * 100, reason="asked")
    remove_old_ones(the_server(), None)  # type: ignore[arg-type]
    going = set(Operation.objects.filter(flow="backup.delete").values_list("params__backup_id", flat=True))
    assert len(rows) - len(going) in range(7, 14)
    assert not going & {asked.pk, *(row.pk for row in rows[-7:])}


def test_the_server_gets_no_new_key_meanwhile(key: Key) -> None:
    export_panel(ME, the_server())
    with pytest.raises(Busy):
        rotate_key(ME, the_server())


def test_no_site_has_its_folder() -> None:
    assert unique_slug("Panel") == "panel-2"


@pytest.mark.host
def test_the_recovery_key_opens_it_and_the_records_are_whole(machine: Host, key: Key, tmp_path: Path) -> None:
    User.objects.create_superuser("admin", password="a long password")
    a_site(name="Rose & sons")
    archive = archive_of(machine.places, saved(machine))
    file = tmp_path / "recovery.key"
    file.write_text(key.identity)
    line = f"age --decrypt --identity {file} {archive} | tar --extract --gzip"
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
    for name in ("fernet", "letterbox"):
        assert (tmp_path / "keys" / name).read_text() == (machine.places.keys / name).read_text()
    for name in ("root.crt", "root.key"):
        assert (tmp_path / FOLDER / name).read_text() == (machine.places.root / FOLDER / name).read_text()
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["panel"]["instance"] == machine.places.instance
    assert "./panel recover" in (tmp_path / "README.txt").read_text()
    if connection.vendor == "sqlite":
        subprocess.run(["sh", "-c", "cat records/panel.* > whole.sqlite3"], cwd=tmp_path, check=True)
        records = sqlite3.connect(tmp_path / "whole.sqlite3")
        assert records.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert records.execute("SELECT name FROM sites_site").fetchall() == [("Rose & sons",)]
        records.close()


@pytest.mark.host
def test_what_cannot_be_written_fails_and_says_so(machine: Host, key: Key) -> None:
    operation = export_panel(ME, the_server())
    BackupKey.objects.update(retired_at=now())
    assert drive(operation, machine).status == "undone"
    row = Backup.objects.get()
    assert (row.status, "no recovery key any more" in row.fault) == ("failed", True)
    assert not archive_of(machine.places, row).exists()
