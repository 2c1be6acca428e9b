"""A database's password rotated while visitors come: no answer is wrong, and what stands in the way is said."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import MySQLdb
import pytest
from django.conf import settings

from apps.databases.models import Database
from apps.host.host import Host
from apps.lifecycle.database import create_database
from apps.lifecycle.database_rotation import rotate_database
from apps.lifecycle.site_activation import restart_site, stop_site
from apps.operations.asking import Ask
from apps.operations.models import Operation, StepRun
from apps.operations.run import Run
from apps.sites.facts import facts_of, owner_of
from apps.sites.kinds import KINDS
from apps.sites.models import Site
from apps.workers.steps import config_text
from tests.bench.front import Front
from tests.bench.load import Visitor, under_load
from tests.lifecycle.driving import ask, drive
from tests.parts.logins import CONSTANTS, MEMORY, PAGE, is_in

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("before")]
ME = Ask(user=None, door="test")
VISITS = 30


class Shop:
    """A site with a database; its files are written as its user writes them."""

    def __init__(self, host: Host, kind: str = "custom") -> None:
        operation = drive(ask("Shop", kind), host)
        assert operation.status == "done", operation.error
        self.host, self.site = host, Site.objects.get(pk=operation.subject_id)
        self.run = Run(operation, lambda: host)

    @property
    def database(self) -> Database:
        return Database.objects.select_related("site").get(site=self.site)

    @property
    def password(self) -> str:
        return self.host.vault.open(self.database.sealed_password)

    @property
    def folder(self) -> Path:
        return Path(settings.PLACES.site(self.site.slug))

    def put(self, file: str, text: str) -> None:
        self.host.files.write_as(owner_of(self.run, self.site), self.site.slug, file, text)

    def rotate(self) -> Operation:
        return drive(rotate_database(ME, self.database), self.host)

    def opens(self, password: str) -> bool:
        name, socket = self.database.name, str(settings.PLACES.mysql_socket)
        try:
            MySQLdb.connect(unix_socket=socket, user=name, passwd=password).close()  # type: ignore[no-untyped-call]
        except MySQLdb.OperationalError:
            return False
        return True


@pytest.fixture
def shop(machine: Host) -> Shop:
    return Shop(machine)


def reads_a_dotenv(host: Host) -> Shop:
    shop = Shop(host)
    shop.put("public/index.php", PAGE)
    return shop


def reads_constants(host: Host) -> Shop:
    """As WordPress does: a file that PHP compiles, and keeps compiled."""
    shop = Shop(host)
    Site.objects.update(kind="wordpress")
    shop.site.refresh_from_db()
    shop.put("public/wp-settings.php", "<?php")
    shop.put("public/wp-config.php", KINDS["wordpress"].config(facts_of(shop.run, shop.site)))
    shop.put("public/index.php", CONSTANTS)
    return shop


def stays_in_memory(host: Host) -> Shop:
    shop = Shop(host, "laravel")
    shop.put("public/public/frankenphp-worker.php", MEMORY)
    shop.put("public/public/index.php", PAGE.replace("/private/", "/"))
    host.files.write(host.places.worker_config(shop.site.pk), config_text(shop.run, shop.site), 0o644)
    drive(restart_site(ME, shop.site), host)
    return shop


@pytest.mark.parametrize("kind", [reads_a_dotenv, reads_constants, stays_in_memory])
def test_no_visitor_of_a_site_that_logs_in_sees_a_rotation(
    kind: Callable[[Host], Shop], machine: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ROTATION_SECONDS", 3)
    shop = kind(machine)
    before = shop.password
    with under_load(Visitor(Front(settings.PLACES), "shop.localhost", is_in), hands=2) as seen:
        seen.until(VISITS)
        operation = shop.rotate()
        seen.until(seen.total + VISITS)
    assert operation.status == "done", operation.error
    assert (seen.wrong, seen.closed) == ([], 0), seen.text()
    assert shop.password != before
    assert [shop.opens(before), shop.opens(shop.password)] == [False, True]
    assert shop.password in (shop.folder / str(KINDS[shop.site.kind].config_file)).read_text()


def test_what_the_owner_wrote_into_his_configuration_stays(shop: Shop) -> None:
    file = shop.folder / "private" / ".env"
    mine = f"# mine\nAPP_KEY='a b'\n{file.read_text()}MAIL=\"x=$y\"\n"
    shop.put("private/.env", mine)
    before = shop.password
    assert shop.rotate().status == "done"
    assert file.read_text() == mine.replace(before, shop.password)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.owner() == settings.PLACES.site_user(shop.site.pk) or os.geteuid()


def test_34_a_link_in_place_of_the_configuration_stops_it_and_its_target_is_untouched(
    shop: Shop, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_text((shop.folder / "private" / ".env").read_text())
    (shop.folder / "private" / ".env").unlink()
    (shop.folder / "private" / ".env").symlink_to(target)
    before, text = shop.password, target.read_text()
    operation = shop.rotate()
    assert (operation.status, operation.failed_step) == ("undone", "rotation-config")
    assert "private/.env is a link or a folder" in operation.error
    assert target.read_text() == text
    assert shop.password == before
    assert shop.opens(before)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("DB_PASSWORD=another", "The password in private/.env is not the one of fp"),
        ("DB_PASSWORD=${OTHER}", "private/.env has 0 plain values for DB_PASSWORD"),
        ("DB_PASSWORD=a\nDB_PASSWORD=b", "private/.env has 2 plain values for DB_PASSWORD"),
    ],
)
def test_a_configuration_without_that_password_stops_it_and_all_is_as_before(
    shop: Shop, line: str, said: str
) -> None:
    text = f"DB_DATABASE={shop.database.name}\n{line}\n"
    shop.put("private/.env", text)
    before = shop.password
    operation = shop.rotate()
    assert (operation.status, operation.failed_step) == ("undone", "rotation-config")
    assert operation.error.startswith(said)
    assert (shop.password, shop.database.sealed_pending) == (before, "")
    assert shop.opens(before)
    assert (shop.folder / "private" / ".env").read_text() == text
    assert shop.database.rotated_at is None


def test_a_cached_configuration_is_not_left_behind(machine: Host) -> None:
    shop = Shop(machine, "laravel")
    shop.put("public/bootstrap/cache/config.php", "<?php return ['password' => 'a copy'];")
    operation = shop.rotate()
    assert operation.status == "undone"
    assert "config:clear" in operation.error
    assert shop.opens(shop.password)


def test_a_password_that_php_cannot_use_is_taken_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.databases.steps.rotation_config.SCRIPT", "<?php exit(1);")
    before, text = shop.password, (shop.folder / "private" / ".env").read_text()
    operation = shop.rotate()
    assert (operation.status, operation.failed_step) == ("undone", "rotation-try")
    assert "cannot log in with the new password" in operation.error
    assert shop.opens(before)
    assert (shop.folder / "private" / ".env").read_text() == text


def test_a_site_that_is_stopped_is_rotated_too(shop: Shop) -> None:
    drive(stop_site(ME, shop.site), shop.host)
    before = shop.password
    assert shop.rotate().status == "done"
    assert [shop.opens(before), shop.opens(shop.password)] == [False, True]


def test_a_further_database_is_rotated_and_the_configuration_is_left(shop: Shop) -> None:
    first, text = shop.database, (shop.folder / "private" / ".env").read_text()
    drive(create_database(ME, shop.site), shop.host)
    further = Database.objects.exclude(pk=first.pk).select_related("site").get()
    before = shop.host.vault.open(further.sealed_password)
    assert drive(rotate_database(ME, further), shop.host).status == "done"
    further.refresh_from_db()
    assert shop.host.vault.open(further.sealed_password) != before
    assert (shop.folder / "private" / ".env").read_text() == text
    assert facts_of(Run(Operation.objects.latest("pk"), lambda: shop.host), shop.site).database is not None


def test_the_database_that_the_configuration_names_is_the_sites(shop: Shop) -> None:
    first = shop.database
    drive(create_database(ME, shop.site), shop.host)
    further = Database.objects.exclude(pk=first.pk).get()
    text = (shop.folder / "private" / ".env").read_text()
    for wanted in (further, first):
        shop.put("private/.env", text.replace(first.name, wanted.name))
        found = facts_of(shop.run, Site.objects.get(pk=shop.site.pk)).database
        assert found is not None
        assert found.name == wanted.name


def test_35_neither_password_is_in_the_journal_or_in_what_is_told(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    before = shop.password
    operation = shop.rotate()
    told: list[Any] = [*StepRun.objects.filter(operation=operation).values(), *Operation.objects.values()]
    written = f"{told} {caplog.text}"
    assert before not in written
    assert shop.password not in written
