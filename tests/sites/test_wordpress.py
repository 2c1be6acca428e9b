"""WordPress as it comes out of the cache, installed by the real PHP into a real MariaDB."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from apps.host.command import Identity, run
from apps.host.errors import CommandFailed
from apps.host.sources import Sources
from apps.sites.kinds import KINDS
from tests.parts.mariadb import private_mariadb
from tests.sites.php import frankenphp
from tests.sites.place import Place, empty_database
from tests.sites.test_kinds import DATABASE, FACTS

pytestmark = pytest.mark.host

WORDPRESS = KINDS["wordpress"]
NOBODY = Identity("nobody", 65534, 65534)
PASSWORD = "it's $a \\secret\\ pässword"
LOGIN = """
define('WP_USE_THEMES', false);
$_SERVER['HTTP_HOST'] = 'shop.test';
require getcwd() . '/wp-load.php';
$found = wp_authenticate('admin', wp_slash(stream_get_contents(fopen('php://stdin', 'r'))));
echo is_wp_error($found) ? 'refused' : implode(' ', $found->roles);
"""


class WordPress(Place):
    """A copy of WordPress's files and an empty database, made afresh for each test."""

    def install(self, password: str = PASSWORD) -> dict[str, object]:
        answers = json.dumps(WORDPRESS.install_input(self.facts, password)).encode()
        report: dict[str, object] = json.loads(self.php(WORDPRESS.installer or "", answers))
        return report

    def php(self, code: str, stdin: bytes) -> bytes:
        argv = [str(frankenphp()), "php-cli", "-r", code.removeprefix("<?php")]
        return run(argv, identity=NOBODY if os.geteuid() == 0 else None, stdin=stdin, cwd=self.public)

    def login(self, password: str = PASSWORD) -> str:
        return self.php(LOGIN, password.encode()).decode()


@pytest.fixture(scope="module")
def ground() -> Iterator[tuple[Path, Path]]:
    """The files, and the socket of a server."""
    assert WORDPRESS.source
    tree = Sources(settings.PLACES.cache, {}).tree(WORDPRESS.source)
    folder = Path(tempfile.mkdtemp(prefix="fpw-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        shutil.copytree(tree, folder / "public")
        with private_mariadb(folder / "mariadb", folder / "run") as server:
            yield folder / "public", server
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def place(ground: tuple[Path, Path]) -> WordPress:
    public, server = ground
    facts = replace(FACTS, title="Bob's <b>shop</b>", database=empty_database(server))
    (public / "wp-config.php").write_text(WORDPRESS.config(facts))
    for relative, text in WORDPRESS.starter(facts).items():
        (public.parent / relative).write_text(text)
    return WordPress(public, facts)


def option(place: WordPress, name: str) -> str:
    rows = (row.partition("\t") for row in place.sql("SELECT option_name, option_value FROM wp_options"))
    return next(value for found, _, value in rows if found == name)


def test_wordpress_arrives_installed(place: WordPress) -> None:
    report = place.install()
    assert report["installed"] is True
    assert str(report["version"])[0].isdigit()
    assert option(place, "siteurl") == option(place, "home") == "https://shop.test:7443"
    assert option(place, "permalink_structure") == "/%postname%/"
    assert "[^/]+" in option(place, "rewrite_rules")
    assert option(place, "blogname") == "Bob&#039;s &lt;b&gt;shop&lt;/b&gt;"
    assert option(place, "admin_email") == "admin@shop.test"
    assert "hello-world" in place.sql("SELECT post_name FROM wp_posts WHERE post_status = 'publish'")
    assert place.sql("SELECT user_login FROM wp_users") == ["admin"]
    assert place.login() == "administrator"
    assert place.login("wrong") == "refused"


def test_installing_twice_sets_the_password_and_nothing_else(place: WordPress) -> None:
    place.install("first password")
    place.sql("UPDATE wp_options SET option_value = 'Renamed' WHERE option_name = 'blogname'")
    before = place.sql("SELECT COUNT(*) FROM wp_posts; SELECT COUNT(*) FROM wp_users")
    assert place.install()["installed"] is False
    assert place.sql("SELECT COUNT(*) FROM wp_posts; SELECT COUNT(*) FROM wp_users") == before
    assert option(place, "blogname") == "Renamed"
    assert (place.login(), place.login("first password")) == ("administrator", "refused")


@pytest.mark.parametrize("seconds", [0.15, 0.25, 0.35, 0.45, 0.55])
def test_a_killed_installation_is_repeated_from_the_start(place: WordPress, seconds: float) -> None:
    argv = [str(frankenphp()), "php-cli", "-r", (WORDPRESS.installer or "").removeprefix("<?php")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, cwd=place.public, stdout=subprocess.DEVNULL) as child:
        assert child.stdin
        child.stdin.write(json.dumps(WORDPRESS.install_input(place.facts, PASSWORD)).encode())
        child.stdin.close()
        time.sleep(seconds)
        child.kill()
    place.install()
    assert len(place.sql("SELECT ID FROM wp_posts WHERE post_status = 'publish'")) == 2
    assert place.login() == "administrator"


def test_a_database_that_takes_no_rows_leaves_none(place: WordPress) -> None:
    place.sql(f"REVOKE INSERT ON {DATABASE.name}.* FROM {DATABASE.user}@localhost")
    with pytest.raises(CommandFailed, match="WordPress could not be installed: INSERT command denied"):
        place.install()
    assert place.sql("SELECT COUNT(*) FROM wp_options") == ["0"]
    place.sql(f"GRANT ALL ON {DATABASE.name}.* TO {DATABASE.user}@localhost")
    assert place.install()["installed"] is True


def test_a_database_that_is_not_reached_is_said_without_the_password(place: WordPress) -> None:
    place.sql(f"ALTER USER {DATABASE.user}@localhost IDENTIFIED BY 'canary'")
    with pytest.raises(CommandFailed, match="Error establishing a database connection") as failed:
        place.install()
    assert "secret" not in failed.value.output
    assert "p'w" not in failed.value.output


def test_an_early_end_inside_wordpress_is_no_success(place: WordPress) -> None:
    plugin = place.public / "wp-content/mu-plugins/zz-die.php"
    plugin.write_text("<?php die('stop here');")
    try:
        with pytest.raises(CommandFailed, match="WordPress could not be installed: stop here"):
            place.install()
    finally:
        plugin.unlink()
    assert place.install()["installed"] is True


def test_what_is_no_input_is_refused_in_one_line(place: WordPress) -> None:
    with pytest.raises(CommandFailed) as failed:
        place.php(WORDPRESS.installer or "", b'{"password": "canary')
    assert "WordPress could not be installed: " in failed.value.output
    assert "canary" not in failed.value.output
