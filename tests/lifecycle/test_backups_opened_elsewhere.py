"""A site's archive opened with the recovery key by ``age``, ``tar`` and ``mariadb`` alone, as the README in it says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from apps.backups.naming import archive_of
from apps.host.archive.keys import new_key
from apps.lifecycle.recovery_key import set_recovery_key
from tests.lifecycle.driving import drive
from tests.lifecycle.test_backups import ME, PAGE, Shop, shop

__all__ = ["shop"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unsent")]


def run(folder: Path, line: str) -> str:
    """What a shell says against *line*: nothing, if it could be done."""
    done = subprocess.run(["sh", "-c", line], cwd=folder, check=False, capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def test_the_recovery_key_opens_it_without_the_panel(shop: Shop, tmp_path: Path) -> None:
    key, was = new_key(), shop.tables()
    drive(set_recovery_key(ME, shop.site.server, key.recipient), shop.host)
    archive = archive_of(shop.host.places, shop.save())
    file = tmp_path / "recovery.key"
    file.write_text(f"{key.identity}\n")
    unlocked = tmp_path / "archive.tar.gz"
    assert run(tmp_path, f"age --decrypt --identity {file} {archive} > {unlocked}") == ""
    assert run(tmp_path, f"tar --extract --gzip --no-same-owner --file {unlocked}") == ""
    assert (tmp_path / "files/public/page.php").read_text() == PAGE
    assert (tmp_path / "files/private/notes.txt").read_text() == "private words"
    assert "age --decrypt" in (tmp_path / "README.txt").read_text()
    socket, name = shop.host.places.mysql_socket, shop.database.name
    shop.host.mysql.drop(name)
    mariadb = f"mariadb --socket={socket}"
    grant = f"CREATE DATABASE {name}; GRANT ALL ON {name}.* TO {name}@localhost IDENTIFIED BY 'a password'"
    assert run(tmp_path, f'{mariadb} --execute "{grant}"') == ""
    assert run(tmp_path, f"cat database/{name}.sql.* | {mariadb} --sandbox --binary-mode --comments {name}") == ""
    assert shop.tables() == was


def test_another_key_opens_nothing(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "other.key"
    file.write_text(f"{new_key().identity}\n")
    archive = archive_of(shop.host.places, shop.save())
    assert "no identity matched" in run(tmp_path, f"age --decrypt --identity {file} {archive} > opened")
