"""Copies of backups at a folder, a bucket and an SSH server, asked for through the lifecycles."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from getpass import getuser
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch

import pytest

from apps.backups.copy_chores import copy_what_is_missing
from apps.backups.models import Backup, Copy, Target
from apps.backups.naming import archive_of
from apps.host.host import Host
from apps.host.targets import Targets
from apps.host.targets.marks import FILE
from apps.lifecycle.backup import create_backup, delete_backup
from apps.lifecycle.restore import restore_backup
from apps.lifecycle.target import create_target, delete_target, try_target
from apps.operations.asking import Ask
from apps.operations.letterbox import letterbox_of
from apps.operations.models import Operation
from apps.operations.refusals import Invalid, Missing, Taken
from apps.servers.models import Server
from apps.sites.models import Site
from tests.lifecycle.creation import clear, drive_all
from tests.lifecycle.driving import ask, drive
from tests.parts import s3
from tests.parts.sshd import Sshd, sshd

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unsent", "parts")]
ME = Ask(user=None, door="test")
CANARY = s3.SECRET


@pytest.fixture
def host(machine: Host) -> Iterator[Host]:
    """The machine, which may copy to servers on loopback: those are the tests' own."""
    yield replace(machine, targets=Targets(machine.places, s3.LOOPBACK), addresses=s3.LOOPBACK)
    clear(machine)


@pytest.fixture
def site(host: Host) -> Site:
    operation = drive(ask(name="Shop", database=True), host)
    return Site.objects.select_related("server").get(pk=operation.subject_id)


@pytest.fixture
def server(site: Site, host: Host) -> Server:
    Server.objects.filter(pk=site.server_id).update(letterbox=letterbox_of(host))
    return Server.objects.get(pk=site.server_id)


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(mkdtemp(prefix="fpt-copies-", dir="/var/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


def saved(site: Site, host: Host) -> Backup:
    operation = drive(create_backup(ME, site), host)
    return Backup.objects.select_related("site__server", "server").get(pk=operation.params["backup_id"])


def made(server: Server, machine: Host, /, *words: str, **asked: Any) -> Operation:
    return drive(create_target(ME, server, *words, **asked), machine)


def copied(server: Server, host: Host) -> list[str]:
    copy_what_is_missing(server, host)
    drive_all(host)
    return [str(copy.status) for copy in Copy.objects.all()]


def test_a_backup_is_copied_to_a_folder_and_removed_there_with_it(
    site: Site, server: Server, host: Host, folder: Path
) -> None:
    operation = made(server, host, "disk", "folder", path=str(folder))
    assert operation.status == "done", operation.error
    backup = saved(site, host)
    assert copied(server, host) == ["done"]
    copy = folder / site.slug / backup.file
    assert copy.read_bytes() == archive_of(host.places, backup).read_bytes()
    assert copied(server, host) == ["done"]
    assert Operation.objects.filter(flow="backup.copy").count() == 1
    drive(delete_backup(ME, backup), host)
    assert not copy.exists()
    assert not Copy.objects.exists()


def test_what_is_gone_here_is_restored_from_its_copy(site: Site, server: Server, host: Host, folder: Path) -> None:
    made(server, host, "disk", "folder", path=str(folder))
    backup = saved(site, host)
    copied(server, host)
    host.archives.discard(backup.slug, backup.file)
    owner = host.users.identity(host.places.site_user(site.pk))
    host.files.write_as(owner, site.slug, "public/index.php", "<?php echo 'wrecked';")
    operation = drive(restore_backup(ME, backup, keep=False), host)
    assert operation.status == "done", operation.error
    assert "wrecked" not in (host.places.public(site.slug) / "index.php").read_text()


def test_a_copy_to_a_bucket_is_restored_from_there_and_the_key_is_in_no_record(
    site: Site, server: Server, host: Host
) -> None:
    with s3.bucket() as port:
        words = {"bucket": s3.BUCKET, "endpoint": f"http://127.0.0.1:{port}", "login": "key", "secret": CANARY}
        operation = made(server, host, "cloud", "s3", path="of/panel", **words)
        assert operation.status == "done", operation.error
        backup = saved(site, host)
        assert copied(server, host) == ["done"]
        host.archives.discard(backup.slug, backup.file)
        assert drive(restore_backup(ME, backup, keep=False), host).status == "done"
        assert drive(delete_backup(ME, backup), host).status == "done"
        assert "Contents" not in s3.client(port).list_objects_v2(Bucket=s3.BUCKET)
    rows = [str(row) for model in (Target, Operation) for row in model.objects.values_list()]
    assert not [row for row in rows if CANARY in row]


def test_an_ssh_server_is_asked_for_its_key_once_and_another_one_gets_nothing(
    site: Site, server: Server, host: Host, ssh: Sshd, folder: Path
) -> None:
    words = {"host": "127.0.0.1", "port": ssh.port, "login": getuser(), "path": str(folder)}
    operation = made(server, host, "shell", "sftp", private_key=(ssh.folder / "user").read_text(), **words)
    assert operation.status == "done", operation.error
    target = Target.objects.get()
    assert target.facts["host_key"].startswith("ssh-ed25519 ")
    saved(site, host)
    assert copied(server, host) == ["done"]
    other = target.facts["host_key"][:-8] + "AAAAAAA="
    Target.objects.update(facts={**target.facts, "host_key": other})
    saved(site, host)
    assert copied(server, host) == ["done", "failed"]
    assert "instead of" in Copy.objects.get(status="failed").fault


def test_a_place_that_does_not_work_is_not_taken(server: Server, host: Host, folder: Path) -> None:
    folder.rmdir()
    operation = made(server, host, "disk", "folder", path=str(folder))
    assert operation.status == "undone"
    assert not Target.objects.exists()
    folder.mkdir()


def test_where_its_disk_is_not_mounted_nothing_is_copied_below_it(
    site: Site, server: Server, host: Host, folder: Path
) -> None:
    made(server, host, "disk", "folder", path=str(folder))
    saved(site, host)
    with unmounted(folder):
        assert copied(server, host) == ["failed"]
        assert "Is its disk mounted?" in Copy.objects.get().fault
        assert list(folder.iterdir()) == []
        assert drive(try_target(ME, Target.objects.get()), host).status == "undone"


def test_a_place_that_is_older_than_marks_gets_one_where_its_copies_are(
    site: Site, server: Server, host: Host, folder: Path
) -> None:
    made(server, host, "disk", "folder", path=str(folder))
    saved(site, host)
    copied(server, host)
    target = Target.objects.get()
    Target.objects.update(facts={"path": str(folder)})
    (folder / FILE).unlink()
    saved(site, host)
    with unmounted(folder):
        assert copied(server, host) == ["done", "failed"]
        assert "has none of the 1 copies that were put there" in Copy.objects.get(status="failed").fault
        assert list(folder.iterdir()) == []
    saved(site, host)
    assert copied(server, host) == ["done", "failed", "done"]
    target.refresh_from_db()
    assert (folder / FILE).read_text() == f"{target.facts['mark']}\n"


@contextmanager
def unmounted(folder: Path) -> Iterator[None]:
    """What is there meanwhile is the empty folder that it is mounted on."""
    away = folder.with_name(f"{folder.name}-disk")
    folder.rename(away)
    folder.mkdir(0o700)
    with patch("apps.operations.patience.has_run_out", lambda operation: True):
        yield
    folder.rmdir()
    away.rename(folder)


def test_what_was_copied_stays_where_the_place_is_given_up(
    site: Site, server: Server, host: Host, folder: Path
) -> None:
    made(server, host, "disk", "folder", path=str(folder))
    backup = saved(site, host)
    copied(server, host)
    assert drive(try_target(ME, Target.objects.get()), host).status == "done"
    assert drive(delete_target(ME, Target.objects.get()), host).status == "done"
    assert (folder / site.slug / backup.file).exists()
    assert not Copy.objects.exists()


WRONG: list[tuple[tuple[str, str], dict[str, Any], type[Exception], str]] = [
    (("Disk", "folder"), {"path": "/mnt"}, Invalid, "small letters"),
    (("disk", "tape"), {"path": "/mnt"}, Invalid, "is not folder, s3 or sftp"),
    (("disk", "folder"), {}, Invalid, "a place of kind folder needs it"),
    (("disk", "folder"), {"path": "mnt/backups"}, Invalid, "begins with /, as /mnt/backups does"),
    (("disk", "folder"), {"path": "/mnt/../etc"}, Invalid, "a path without .."),
    (("disk", "sftp"), {"host": "a b", "login": "x", "path": "y"}, Invalid, "Host"),
    (("disk", "folder"), {"path": "/mnt", "site": "nobody"}, Missing, "There is no site nobody"),
]


@pytest.mark.parametrize(("words", "asked", "error", "sentence"), WRONG, ids=[sentence for *_, sentence in WRONG])
def test_what_can_be_no_place_is_refused_at_the_door(
    server: Server, words: tuple[str, str], asked: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        create_target(ME, server, *words, **asked)
    assert not Target.objects.exists()


def test_two_places_have_two_names(server: Server, host: Host, folder: Path) -> None:
    made(server, host, "disk", "folder", path=str(folder))
    with pytest.raises(Taken, match="There is a place disk already"):
        create_target(ME, server, "disk", "folder", path="/mnt")
