"""Hostile values from the request to the machine: names, titles and passwords that mean something elsewhere."""

from __future__ import annotations

import os
import pwd
import re
import stat
from pathlib import Path

import MySQLdb
import pytest
from django.conf import settings

from apps.databases.models import Database
from apps.host.host import Host
from apps.host.sql import NAME
from apps.lifecycle.site import create_site
from apps.operations.asking import Ask
from apps.operations.models import Hold, Operation
from apps.sites.models import Site
from tests.lifecycle.creation import rows
from tests.lifecycle.driving import assert_undone, drive
from tests.make import a_server
from tests.operations.inventory import Inventory
from tests.operations.killing import start_child
from tests.parts.front import RunningFront
from tests.sites.php import defined
from tests.sites.test_escaping import read_dotenv

pytestmark = pytest.mark.django_db(transaction=True)
PLACES = settings.PLACES
PANEL = Ask(user=None, door="test")
CONFIG = {"custom": "private/.env", "wordpress": "public/wp-config.php"}
NAMES = [
    *("mysql", "test", "root", "panel", "admin", "front", "sys", "con", "x" * 100, "a--b__c", "a - ' - b"),
    *("$(id)", "`id`", "%s %n", "a;b|c&d", "x'; DROP DATABASE mysql; --", "{$HOME}", "日本", "Ünï cödé", "é"),
]
TITLE = "');system('id');#<?= 7919*7907 ?>${HOME} <b>\"&amp; 💣"
PASSWORD = "p'a\\s\\\\\"s\nX=1\r\n$HOME ${x} <?= 7919*7907 ?> `id` ');system('id');# % 💣 "


# Names


@pytest.mark.usefixtures("unsent")
@pytest.mark.parametrize("name", NAMES)
def test_11_12_a_slug_is_plain_and_stays_in_its_folder(name: str) -> None:
    a_server()
    for number in (1, 2):
        create_site(PANEL, name, "custom", f"s{number}.localhost", database=True)
    slugs = [site.slug for site in Site.objects.order_by("id")]
    assert len(set(slugs)) == 2
    for slug in slugs:
        assert re.fullmatch("[a-z0-9][a-z0-9-]{0,40}", slug)
        assert PLACES.site(slug).resolve().parent == PLACES.root / "sites"
        assert slug != "front", "the front's logs lie there"
    for database in Database.objects.all():
        assert NAME.fullmatch(database.name)
        assert database.name.startswith(PLACES.database_prefix())


# Ports


@pytest.mark.usefixtures("unsent")
def test_14_sites_that_are_asked_for_at_once_get_a_port_each() -> None:
    a_server()

    def ask_twice(child: int) -> None:
        for number in (1, 2):
            create_site(PANEL, "Crowd", "custom", f"crowd-{child}-{number}.localhost")

    children = [start_child(lambda: ask_twice(child)) for child in range(16)]  # noqa: B023 - called in the child at once
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 16
    ports, slugs = zip(*Site.objects.values_list("port", "slug"), strict=True)
    first = a_server().first_port
    assert sorted(ports) == list(range(first, first + 32))
    assert set(slugs) == {"crowd", *(f"crowd-{number}" for number in range(2, 33))}
    assert Operation.objects.count() == Hold.objects.count() == 32


# Titles and passwords


def a_hostile_site(kind: str) -> Operation:
    return create_site(PANEL, TITLE, kind, "hostile.localhost", database=True)


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password with everything in it that means something in SQL, PHP, a shell or a configuration file."""
    monkeypatch.setattr("apps.databases.steps.new_password", lambda: PASSWORD)


@pytest.mark.host
@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("kind", ["custom", "wordpress"])
def test_30_32_33_no_value_becomes_code_anywhere(
    machine: Host, parts: RunningFront, before: Inventory, kind: str
) -> None:
    operation = drive(a_hostile_site(kind), machine)
    assert operation.status == "done", operation.error
    assert_logs_in()
    config = PLACES.site(Site.objects.get().slug) / CONFIG[kind]
    {"custom": assert_dotenv, "wordpress": assert_wp_config}[kind](config)
    assert_modes(config, operation.subject_id)
    page = parts.get("hostile.localhost", headers={"Host": f"hostile.localhost:{parts.facts.https_port}"})
    assert page.status == 200
    assert "uid=" not in page.body
    assert str(7919 * 7907) not in re.sub(r"<style.*?</style>|<script.*?</script>", "", page.body, flags=re.DOTALL)
    assert "<b>" not in page.body
    assert rows("SELECT name FROM sites_site") == [(TITLE,)]


def assert_logs_in() -> None:
    """As PHP would: over the socket, with the password as it is."""
    name = Database.objects.get().name
    socket = str(PLACES.mysql_socket)
    MySQLdb.connect(unix_socket=socket, user=name, passwd=PASSWORD, db=name).close()  # type: ignore[no-untyped-call]
    with pytest.raises(MySQLdb.OperationalError, match="Access denied"):
        MySQLdb.connect(unix_socket=socket, user=name, passwd=PASSWORD[:-1])


def assert_dotenv(file: Path) -> None:
    found = read_dotenv(file.read_bytes().decode())
    assert (found["APP_NAME"], found["DB_PASSWORD"], "X" in found) == (TITLE, PASSWORD, False)


def assert_wp_config(file: Path) -> None:
    assert defined(file.read_bytes().decode())["DB_PASSWORD"] == PASSWORD


def assert_modes(config: Path, site_id: int) -> None:
    """The site's own are closed to others; the panel's own, which everybody may read, tell no secret."""
    found = config.lstat()
    assert stat.S_IMODE(found.st_mode) == 0o640
    if os.geteuid() == 0:
        name = PLACES.site_user(site_id)
        assert (pwd.getpwuid(found.st_uid).pw_name, found.st_gid) == (name, pwd.getpwnam(name).pw_gid)
    for file, mode in ((PLACES.worker_config(site_id), 0o644), (PLACES.caddyfile, 0o644)):
        assert stat.S_IMODE(file.stat().st_mode) == mode
        assert "system('id')" not in file.read_text()
        assert not file.read_text().count(Database.objects.get().sealed_password)


@pytest.mark.host
def test_30_a_password_that_no_client_can_send_is_refused(
    machine: Host, before: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.databases.steps.new_password", lambda: "nul\0inside")
    operation = drive(create_site(PANEL, "Fault", "custom", "fault.localhost", database=True), machine)
    assert_undone(operation, machine, before, "no NUL")
    assert "nul" not in operation.error
