"""An application that cannot be had or installed: the reason is told, and nothing of it stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from apps.databases.models import Database
from apps.host.host import Host
from apps.host.sources import Sources
from apps.servers.models import Runtime
from tests.lifecycle.driving import ask, assert_undone, drive, tried
from tests.operations.inventory import Inventory
from tests.parts.mariadb import administer, away

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
PLACES = settings.PLACES


def test_an_application_that_is_not_where_it_should_be_is_named(
    machine: Host, before: Inventory, tmp_path: Path
) -> None:
    missing = tmp_path / "wordpress.tar.gz"
    without = replace(machine, sources=Sources(tmp_path, {"wordpress": str(missing)}))
    operation = drive(ask(kind="wordpress"), without)
    assert_undone(operation, machine, before, "WordPress cannot be had.", str(missing), "FRANKENPANEL_WORDPRESS_SOURCE")
    assert operation.failed_step == "application-files"


def test_66_an_application_that_was_changed_on_its_way_is_refused(
    machine: Host, before: Inventory, tmp_path: Path
) -> None:
    archive = tmp_path / "wordpress.tar.gz"
    archive.write_bytes(b"not what it was")
    without = replace(
        machine, sources=Sources(tmp_path, {"wordpress": str(archive), "wordpress.sha256": "0" * 64})
    )
    operation = drive(ask(kind="wordpress"), without)
    assert_undone(operation, machine, before, str(archive))


def test_an_installer_that_mysql_refuses_half_way_is_taken_back(machine: Host, before: Inventory) -> None:
    operation = drive(ask(kind="wordpress"), machine, before="application")
    name = Database.objects.get().name
    pattern = name.replace("_", r"\_")
    administer(PLACES.mysql_socket, f"REVOKE INSERT ON `{pattern}`.* FROM {name}@localhost")
    drive(operation, machine)
    assert_undone(operation, machine, before, "WordPress could not be installed", "INSERT command denied")
    assert operation.failed_step == "application"


def test_an_installer_waits_for_mariadb(machine: Host, before: Inventory) -> None:
    operation = drive(ask(kind="wordpress"), machine, before="application")
    with away(PLACES.mysql_socket):
        tried(operation, machine)
        assert "The database server does not answer" in operation.reason
    assert drive(operation, machine).status == "done"


def test_an_installer_without_php_says_what_is_missing(machine: Host, before: Inventory, tmp_path: Path) -> None:
    missing = tmp_path / "frankenphp"
    Runtime.objects.update(path=str(missing))
    operation = drive(ask(kind="wordpress"), machine)
    assert_undone(operation, machine, before, f"The program {missing} is not there or may not be run")
