"""A panel that is lost with its machine, and made anew out of copies of its archives, wherever these lie, and the
recovery key.

One story, in the order of this file: what cannot be, then one site without an archive, then all of it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from getpass import getuser
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from apps.host import claims
from apps.host.archive.keys import new_key
from tests.parts import s3
from tests.parts.sshd import Sshd, sshd
from tests.servers.own_panel import CACHE
from tests.whole.browsing import Visitor
from tests.whole.conftest import Shop
from tests.whole.journey import FIRST, Journey
from tests.whole.library import Library, seed
from tests.whole.panel import Panel, Said, a_panel
from tests.whole.test_wordpress_in_chromium import php

pytestmark = pytest.mark.host
PASSWORD = "the administrator's password"
LIBRARY, NOTES = "the-library", "notes"
HOSTS = {LIBRARY: FIRST, NOTES: "notes.localhost"}

PAGE = """<?php
$env = parse_ini_file(__DIR__ . '/../private/.env');
$db = new mysqli('localhost', $env['DB_USERNAME'], $env['DB_PASSWORD'], $env['DB_DATABASE'], 0, $env['DB_SOCKET']);
$db->query('CREATE TABLE IF NOT EXISTS notes (line CHAR(36))');
$db->query('INSERT INTO notes SELECT UUID() FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM notes)');
echo $db->query('SELECT line FROM notes')->fetch_row()[0];
"""
"""What it shows was made by its first visitor, and is nowhere but in its database."""


@dataclass
class Lost:
    """What is left of it: *archives*, the *key*; and how its *library*, its *note* and its front's *authority* were."""

    archives: Path
    key: Path
    note: str = ""
    authority: bytes = b""
    token: str = ""
    password: str = ""
    library: Library | None = None
    https: int = 0


def note(panel: Panel) -> str:
    answer = panel.ask(HOSTS[NOTES], "/")
    assert (answer.status, len(answer.body)) == (200, len(str(uuid4()))), answer
    return answer.body


def secret(panel: Panel, folder: Path) -> str:
    """The password of the library's database, as the panel tells it."""
    (name,) = [row["name"] for row in panel.done("database", "list", "--site", LIBRARY, "--format", "json").json]
    file = folder / "login"
    panel.done("database", "reveal", name, "--credentials-file", file)
    told = file.read_text()
    file.unlink()
    return told


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lost]:
    folder = tmp_path_factory.mktemp("lost")
    left = Lost(folder / "archives", folder / "recovery.key")
    with a_panel() as panel:
        assert "There is no recovery key" in panel.done("up").err
        wordpress = ["The Library", "--kind", "wordpress", "--domain", FIRST, "--wait", "--format", "json"]
        made = panel.done("site", "create", *wordpress, "--credentials-file", folder / "wordpress").json
        told = dict(line.split(": ", 1) for line in (folder / "wordpress").read_text().splitlines())
        panel.done("site", "create", "Notes", "--kind", "custom", "--domain", HOSTS["notes"], "--database", "--wait")
        (panel.places.public(NOTES) / "index.php").write_text(PAGE)
        left.note = note(panel)
        left.library = seed(Shop(panel, made, told), php)
        panel.done("createsuperuser", "--noinput", "--username=admin", "--email=a@b.example", **LOGIN)
        asked = ["--name", "ci", "--scope", "site:read", "--days", "1", "--as", "admin", "--format", "json"]
        left.token = panel.done("token", "create", *asked).json["token"]
        refused = panel("server", "export", "local")
        assert (refused.code, "nobody could open it" in refused.err) == (1, True)
        panel.done("server", "recovery-key", "local", "--credentials-file", left.key)
        recipient = left.key.read_text().split("public key: ")[1].split()[0]
        panel.done("server", "recovery", "local", recipient, "--yes", "--wait")
        for slug in HOSTS:
            panel.done("backup", "create", slug, "--wait")
        panel.done("server", "export", "local", "--queue", "--wait")
        left.password, left.https = secret(panel, folder), panel.https
        left.authority = panel.places.internal_ca.read_bytes()
        panel.done("down")
        shutil.copytree(panel.places.archives, left.archives)
        shutil.rmtree(panel.root)
        claims.forget(CACHE, panel.root)
        panel.root.mkdir()
        yield left


LOGIN = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def fresh(lost: Lost) -> Iterator[Panel]:
    """An empty root, into which all tests recover."""
    with a_panel() as panel:
        yield panel


def recover(panel: Panel, place: Path | str, key: Path, *words: object) -> Said:
    return panel("recover", "--from", place, "--identity", key, *words)


def refused(panel: Panel, folder: Path, key: Path) -> str:
    """What it says; and nothing is there that was not before."""
    before = sorted(panel.root.iterdir())
    said = recover(panel, folder, key)
    assert said.code == 1, said
    assert "Traceback" not in said.err
    assert sorted(panel.root.iterdir()) == before
    return said.err


def the_panel_s(lost: Lost, folder: Path) -> list[Path]:
    """Copies of the panel's archives alone, in *folder*."""
    return [Path(shutil.copy(one, folder)) for one in sorted((lost.archives / "panel").iterdir())]


def at_an_ssh_server(server: Sshd, folder: Path) -> list[str]:
    """The words for archives that lie there in *folder*."""
    place = f"sftp://{getuser()}@127.0.0.1:{server.port}{folder}"
    return [place, "--host-key", server.host_key("host_ed25519"), "--secret-file", str(server.folder / "user")]


def in_a_bucket(port: int, folder: Path, secret: Path) -> list[str]:
    """The words for archives that lie there as in *folder*."""
    for file in folder.rglob("*.age"):
        s3.client(port).upload_file(str(file), s3.BUCKET, f"kept/{file.relative_to(folder)}")
    secret.write_text(s3.SECRET)
    endpoint = f"http://127.0.0.1:{port}"
    return ["s3://backups/kept", "--endpoint", endpoint, "--login", "key", "--secret-file", str(secret)]


def test_another_key_opens_nothing_and_nothing_is_begun(lost: Lost, fresh: Panel, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    other.write_text(new_key().identity)
    assert "it is not locked for this key" in refused(fresh, lost.archives, other)


def test_what_is_no_key_and_what_is_no_folder_is_told(lost: Lost, fresh: Panel, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("my key")
    assert "cannot be read" in refused(fresh, lost.archives, tmp_path / "text")
    assert "cannot be read: No such file" in refused(fresh, lost.archives, tmp_path / "none")
    assert "is no folder" in refused(fresh, tmp_path / "none", lost.key)
    assert "There is no archive of a panel" in refused(fresh, tmp_path, lost.key)
    assert fresh("recover", "--from", lost.archives).code == 2


def test_a_byte_that_was_changed_in_the_panel_s_archive_is_found_before(
    lost: Lost, fresh: Panel, tmp_path: Path
) -> None:
    for archive in the_panel_s(lost, tmp_path):
        content = bytearray(archive.read_bytes())
        content[len(content) // 2] ^= 1
        archive.write_bytes(content)
    assert "damaged" in refused(fresh, tmp_path, lost.key)


def test_a_root_that_is_not_empty_is_left_alone(lost: Lost, fresh: Panel) -> None:
    (fresh.root / "mine").write_text("mine")
    assert "is not empty" in refused(fresh, lost.archives, lost.key)
    (fresh.root / "mine").unlink()


def test_killed_in_the_middle_of_a_site_it_leaves_what_the_next_run_goes_on_with(
    lost: Lost, fresh: Panel, tmp_path: Path
) -> None:
    the_panel_s(lost, tmp_path)
    shutil.copytree(lost.archives / LIBRARY, tmp_path / "anywhere")
    (tmp_path / "sshd").mkdir()
    with sshd(tmp_path / "sshd") as server:
        argv = fresh.argv("recover", "--identity", lost.key, "--from", *at_an_ssh_server(server, tmp_path))
        with subprocess.Popen(argv, env=fresh.environment(), stderr=subprocess.PIPE, text=True) as running:
            assert running.stderr is not None
            assert any("Site directory: done" in line for line in running.stderr)
            running.kill()


def test_without_the_archive_of_a_site_the_others_are_back_and_that_is_told(
    lost: Lost, fresh: Panel, tmp_path: Path
) -> None:
    the_panel_s(lost, tmp_path)
    shutil.copytree(lost.archives / LIBRARY, tmp_path / "anywhere")
    said = recover(fresh, tmp_path, lost.key)
    assert said.code == 1, said
    assert "notes: not recovered: There is no archive of it." in said.err
    assert "the-library: active, as it was on" in said.err
    assert fresh.https == lost.https
    shown = fresh.done("site", "show", NOTES, "--format", "json").json
    assert shown["status"] == "suspended"


def test_the_wordpress_site_is_what_it_was_to_a_visitor_and_to_its_owner(
    lost: Lost, fresh: Panel, browser: Browser, visitor: Visitor, tmp_path: Path
) -> None:
    """Every page is compared, and it is opened in a browser."""
    assert lost.library is not None
    library = replace(lost.library, shop=replace(lost.library.shop, panel=fresh))
    journey = Journey(library, browser, visitor, tmp_path)
    journey.is_the_same()
    journey.is_opened_in_a_browser()
    journey.is_logged_in_to()


def test_run_again_it_brings_back_what_is_left_and_then_there_is_a_panel(
    lost: Lost, fresh: Panel, tmp_path: Path
) -> None:
    with s3.bucket() as port:
        place, *words = in_a_bucket(port, lost.archives, tmp_path / "secret")
        said = recover(fresh, place, lost.key, *words)
    assert said.code == 0, said
    assert "notes: active, as it was on" in said.err
    assert "the-library:" not in said.err
    assert note(fresh) == lost.note
    assert "is not empty" in refused(fresh, lost.archives, lost.key)


def test_passwords_tokens_and_secrets_are_what_they_were(lost: Lost, fresh: Panel, tmp_path: Path) -> None:
    assert secret(fresh, tmp_path) == lost.password
    sites = fresh.ask("panel.localhost", "/api/v1/sites/", headers={"Authorization": f"Bearer {lost.token}"})
    assert sorted(site["slug"] for site in sites.json["results"]) == [NOTES, LIBRARY]
    checks = "from django.contrib.auth import authenticate as a; from django.contrib.auth.models import User as U;"
    checks += f" print(U.objects.get(username='admin').check_password({PASSWORD!r}))"
    assert fresh.done("shell", "--no-imports", "-c", checks).out.strip() == "True"


def test_whoever_trusted_the_front_s_authority_goes_on_trusting_it(lost: Lost, fresh: Panel) -> None:
    assert fresh.places.internal_ca.read_bytes() == lost.authority


def test_what_is_back_is_saved_as_before(lost: Lost, fresh: Panel) -> None:
    fresh.done("backup", "create", NOTES, "--wait")
    fresh.done("server", "export", "local", "--queue", "--wait")
    assert note(fresh) == lost.note
