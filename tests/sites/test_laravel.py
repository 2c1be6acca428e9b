from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from apps.sites.kinds import KINDS
from tests.sites.test_escaping import read_dotenv
from tests.sites.test_kinds import FACTS, hostile

LARAVEL = KINDS["laravel"]


def test_laravel_gets_its_address_its_database_and_a_key_of_its_own() -> None:
    seen = read_dotenv(LARAVEL.config(FACTS))
    assert (seen["APP_NAME"], seen["APP_URL"], seen["APP_ENV"]) == ("My shop", "https://shop.test:7443", "production")
    assert (seen["APP_DEBUG"], seen["SESSION_DRIVER"]) == ("false", "file")
    assert (seen["DB_CONNECTION"], seen["DB_PASSWORD"]) == ("mysql", "s3cret")
    assert seen["DB_SOCKET"] == "/run/fp/mysql/mysqld.sock"
    prefix, _, key = seen["APP_KEY"].partition(":")
    assert (prefix, len(base64.b64decode(key, validate=True))) == ("base64", 32)
    assert read_dotenv(LARAVEL.config(FACTS))["APP_KEY"] != seen["APP_KEY"]


@pytest.mark.parametrize("attack", ["'); system('id');//", "\n X=1", "a\r\nB=2", "$(id) ${HOME} # \\ \" '", '="'])
def test_no_value_becomes_a_line_in_laravels_dotenv_file(attack: str) -> None:
    """Row 32 of the attacks."""
    seen = read_dotenv(LARAVEL.config(hostile(attack)))
    assert {seen[name] for name in ("APP_NAME", "APP_URL", "DB_DATABASE", "DB_USERNAME", "DB_PASSWORD")} == {attack}
    assert set(seen) == set(read_dotenv(LARAVEL.config(FACTS)))


def test_laravel_without_a_database_is_told_of_none() -> None:
    without = replace(FACTS, database=None)
    assert "DB_" not in LARAVEL.config(without)
    assert LARAVEL.install_input(without, "") == {"migrate": False}


def test_an_application_that_we_do_not_know_is_recognised_by_being_run() -> None:
    assert LARAVEL.recognises("<title>Anything</title>", "My shop")
    assert LARAVEL.recognises('{"message": "not found"}', "My shop")
    assert not LARAVEL.recognises("<?php require 'vendor/autoload.php';", "My shop")
    assert 302 in LARAVEL.proof_statuses
    assert 500 not in LARAVEL.proof_statuses
