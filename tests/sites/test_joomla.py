"""Joomla's texts, and its installation by the real PHP into a real MariaDB; its release is a small one of the tests."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.host.command import Identity, run
from apps.host.errors import CommandFailed
from apps.host.sources import Sources
from apps.sites.kinds import KINDS
from tests.host.webserver import web_server
from tests.parts.ground import open_folder
from tests.parts.mariadb import private_mariadb
from tests.sites.joomla_release import published
from tests.sites.php import frankenphp, php, tokens
from tests.sites.place import Place, empty_database
from tests.sites.test_escaping import ATTACKS
from tests.sites.test_kinds import FACTS, hostile

JOOMLA = KINDS["joomla"]
ME = Identity("nobody", 65534, 65534) if os.geteuid() == 0 else None
PASSWORD = "it's $a \\secret\\ pässword"


def configured(text: str) -> dict[str, Any]:
    """The public values of the class that Joomla looks for."""
    code = """<?php
    $file = tempnam(sys_get_temp_dir(), 'joomla');
    file_put_contents($file, $given[1]);
    require $file;
    unlink($file);
    echo json_encode(get_object_vars(new JConfig()));
    """
    values: dict[str, Any] = php(code, text)
    return values


# -- texts


@pytest.mark.host
def test_joomla_gets_its_database_and_a_secret_of_its_own() -> None:
    seen = configured(JOOMLA.config(FACTS))
    assert (seen["db"], seen["user"], seen["password"]) == ("fp1a2b_shop_x7", "fp1a2b_shop_x7", "s3cret")
    assert (seen["host"], seen["dbtype"]) == ("localhost:/run/fp/mysql/mysqld.sock", "mysqli")
    assert (seen["sitename"], seen["mailfrom"], seen["sef_rewrite"]) == ("My shop", "admin@shop.test", True)
    assert len(seen["secret"]) == 32
    assert configured(JOOMLA.config(FACTS))["secret"] != seen["secret"]


@pytest.mark.host
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_value_becomes_code_in_configuration_php(attack: str) -> None:
    """Row 32 of the attacks."""
    text = JOOMLA.config(hostile(attack))
    assert tokens(text) == tokens(JOOMLA.config(FACTS))
    seen = configured(text)
    assert seen["sitename"] == seen["db"] == seen["user"] == seen["password"] == attack


def test_joomla_without_a_database_is_refused() -> None:
    with pytest.raises(ValueError, match="does not work without a database"):
        JOOMLA.config(replace(FACTS, database=None))


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        *((path, True) for path in ("/installation/", "/installation", "/INSTALLATION/index.php", "/cli/joomla.php")),
        *((path, True) for path in ("/htaccess.txt", "/administrator/logs/error.php", "/cache/x/dump.zip")),
        *((path, False) for path in ("/", "/robots.txt", "/installation-guide", "/administrator/", "/media/a.json")),
    ],
)
def test_what_is_nobody_s_business_in_joomla_is_hidden(path: str, refused: bool) -> None:
    assert bool(re.search(f"(?i){JOOMLA.rules.hidden}", path)) is refused


def test_a_joomla_page_is_recognised_by_its_generator_and_title() -> None:
    page = '<meta name="generator" content="Joomla! - Open Source"><title>Home - Bob&#039;s &amp; Co</title>'
    assert JOOMLA.recognises(page, "Bob's & Co")
    assert not JOOMLA.recognises(page, "Another")
    assert not JOOMLA.recognises(page.replace("Joomla!", "Drupal"), "Bob's & Co")


# -- its installation


class Joomla(Place):
    def install(self, password: str = PASSWORD) -> None:
        stdin = json.dumps(JOOMLA.install_input(self.facts, password)).encode()
        code = (JOOMLA.installer or "").removeprefix("<?php")
        run([frankenphp(), "php-cli", "-r", code], identity=ME, stdin=stdin, cwd=self.public)

    def logs_in(self, password: str) -> bool:
        [hashed] = self.sql("SELECT password FROM jos_users WHERE username = 'admin'")
        return bool(php("<?php echo json_encode(password_verify(...$given[1]));", [password, hashed]))

    def give_to_its_user(self) -> None:
        for path in (self.public, *self.public.rglob("*")):
            os.chown(path, ME.uid if ME else -1, ME.gid if ME else -1)

    def assert_installed(self) -> None:
        assert configured((self.public / "configuration.php").read_text())["sitename"] == "My shop"
        assert (self.public / "configuration.php").stat().st_mode & 0o777 == 0o640
        assert not (self.public / "installation").exists()
        assert self.sql("SELECT user_id, group_id FROM jos_user_usergroup_map") == ["42\t8"]
        assert self.logs_in(PASSWORD)


@pytest.fixture(scope="module")
def ground() -> Iterator[tuple[Path, Path]]:
    """The files, and the socket of a server."""
    with open_folder() as folder, web_server() as web:
        tree = Sources(folder / "cache", {}).tree(published(web))
        with private_mariadb(folder / "mariadb", folder / "run") as server:
            yield tree, server


@pytest.fixture
def place(ground: tuple[Path, Path]) -> Iterator[Joomla]:
    tree, server = ground
    with open_folder() as folder:
        shutil.copytree(tree, folder / "public")
        made = Joomla(folder / "public", replace(FACTS, database=empty_database(server)))
        (made.public / "configuration.php").write_text(JOOMLA.config(made.facts))
        made.give_to_its_user()
        yield made


@pytest.mark.host
def test_joomla_arrives_installed(place: Joomla) -> None:
    place.install()
    place.assert_installed()
    assert place.sql("SELECT email FROM jos_users") == ["admin@shop.test"]
    arguments = (place.public / "tmp" / "arguments").read_text()
    assert "php-cli" in arguments
    assert PASSWORD not in arguments
    assert "p'w" not in arguments


@pytest.mark.host
def test_installing_joomla_twice_sets_the_password_and_nothing_else(place: Joomla) -> None:
    place.install("the first password")
    place.sql("UPDATE jos_users SET email = 'changed@shop.test'")
    place.install()
    place.assert_installed()
    assert place.sql("SELECT email FROM jos_users") == ["changed@shop.test"]
    assert not place.logs_in("the first password")


@pytest.mark.host
def test_an_installation_of_joomla_that_died_is_begun_again(place: Joomla) -> None:
    (place.public / "die").touch()
    with pytest.raises(CommandFailed):
        place.install()
    (place.public / "die").unlink()
    assert place.sql("SHOW TABLES") == ["jos_user_usergroup_map", "jos_users"]
    assert "as Joomla made it" in (place.public / "configuration.php").read_text()
    place.install()
    place.assert_installed()


@pytest.mark.host
def test_a_half_removed_installation_of_joomla_is_removed(place: Joomla) -> None:
    place.install()
    (place.public / "installation" / "sql").mkdir(parents=True)
    (place.public / "installation" / "sql" / "base.sql").touch()
    place.give_to_its_user()
    place.install()
    place.assert_installed()


@pytest.mark.host
def test_the_words_of_joomlas_command_are_told_and_no_password(place: Joomla) -> None:
    with pytest.raises(CommandFailed, match=r"Joomla could not be installed: \[ERROR\] Value for.* is wrong") as failed:
        place.install("short")
    assert "short" not in failed.value.output
    assert "p'w" not in failed.value.output


@pytest.mark.host
@pytest.mark.parametrize("script", ["<?php nothing();", "<?php die('stop here');", "<?php exit(0);", "<?php 'half"])
def test_an_early_end_inside_joomla_is_no_success(place: Joomla, script: str) -> None:
    (place.public / "installation" / "joomla.php").write_text(script)
    with pytest.raises(CommandFailed, match="Joomla could not be installed: "):
        place.install()


@pytest.mark.host
def test_a_joomla_that_lacks_its_installation_is_named(place: Joomla) -> None:
    shutil.rmtree(place.public / "installation")
    with pytest.raises(CommandFailed, match="its own installer made no administrator"):
        place.install()
