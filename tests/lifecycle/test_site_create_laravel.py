"""A site of an application of Composer's through all steps, on the real FrankenPHP in its worker mode."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.conf import settings

from apps.host.host import Host
from apps.host.sources import Sources
from apps.host.visit import visit
from apps.operations.questions import SECRET
from apps.sites.models import Site
from tests.lifecycle.driving import ask, assert_undone, drive
from tests.lifecycle.test_site_create_hostile import PASSWORD, TITLE, a_hostile_site, assert_logs_in, assert_modes
from tests.lifecycle.test_site_create_hostile import hostile as hostile_password
from tests.operations.inventory import Inventory
from tests.parts.front import RunningFront
from tests.parts.ground import open_folder
from tests.sites.composer_app import archive_in
from tests.sites.test_escaping import read_dotenv

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
PLACES = settings.PLACES
hostile = hostile_password
With = Callable[..., Host]


@pytest.fixture
def with_app(machine: Host) -> Iterator[With]:
    """The machine, with an application of the administrator's own."""
    with open_folder() as folder:

        def made(**changed: str | None) -> Host:
            return replace(machine, sources=Sources(folder, {"laravel": str(archive_in(folder, **changed))}))

        yield made


def seen(parts: RunningFront, path: str, host: str = "fault.localhost") -> tuple[str, int, str]:
    page = parts.get(host, path)
    assert page.status == 200
    return read(page.body)


def read(page: str) -> tuple[str, int, str]:
    """Which start answered, as its how many-th request, and all that it said."""
    found = re.search(r"started (\w+), served (\d+)", page)
    assert found, page
    return found[1], int(found[2]), page


@pytest.mark.usefixtures("hostile")
def test_an_application_stays_in_memory_and_no_value_becomes_code(
    with_app: With, parts: RunningFront, before: Inventory
) -> None:
    operation = drive(a_hostile_site("laravel"), with_app())
    assert operation.status == "done", operation.error
    assert_logs_in()
    public = PLACES.public(Site.objects.get().slug)
    values = read_dotenv((public / ".env").read_bytes().decode())
    assert (values["APP_NAME"], values["DB_PASSWORD"], "X" in values) == (TITLE, PASSWORD, False)
    assert_modes(public / ".env", operation.subject_id)
    (started, first, page), (again, second, _) = (seen(parts, path, "hostile.localhost") for path in ("/", "/a/b"))
    assert started == again != "anew", "one start served both"
    assert second == first + 1
    assert "key 32, tables 1, at /" in page
    assert "<b>" not in page
    for folder in ("storage/framework/views", "storage/logs", "bootstrap/cache"):
        assert (public / folder / "written").read_text() == values["APP_KEY"]
    assert not (public / "bootstrap" / "cache" / "config.php").exists()
    statuses = {path: parts.get("hostile.localhost", path).status for path in ("/robots.txt", "/storage/upload.php")}
    assert statuses == {"/robots.txt": 200, "/storage/upload.php": 403}
    assert "of-another-site" not in parts.get("hostile.localhost", "/../.env").body


def test_an_application_without_a_script_for_it_is_begun_anew_for_each_request(
    with_app: With, parts: RunningFront, before: Inventory
) -> None:
    operation = drive(ask(kind="laravel", database=False), with_app(frankenphp_worker=None))
    assert operation.status == "done", operation.error
    assert seen(parts, "/x")[:2] == ("anew", 1)
    assert SECRET not in operation.lines.get(key="application").memo, "there is no administrator"


def test_where_there_is_no_application_a_first_page_stands_in_its_form(
    machine: Host, parts: RunningFront, before: Inventory
) -> None:
    operation = drive(ask(kind="laravel"), machine)
    assert operation.status == "done", operation.error
    page = parts.get("fault.localhost", "/").body
    assert "<title>Fault</title>" in page
    assert re.search(r"storage/</code> can\s+be written to", page)
    assert parts.get("fault.localhost", "/.env").status == 404


def test_steps_of_an_application_that_are_repeated_do_no_harm(
    with_app: With, parts: RunningFront, before: Inventory
) -> None:
    machine = with_app()
    operation = drive(ask(kind="laravel"), machine, before="first-visit")
    first, served_before, _ = read(visit(Site.objects.get().port or 0, "fault.localhost"))
    keys = ["application-files", "site-config", "application", "worker-config", "worker-start"]
    operation.lines.filter(key__in=keys).update(status="running")
    operation = drive(operation, machine)
    assert operation.status == "done", operation.error
    started, served, page = seen(parts, "/")
    assert (started, served > served_before) == (first, True), "the worker was left alone"
    assert "tables 1" in page


def test_a_script_that_fails_at_its_start_is_told_and_taken_back(
    with_app: With, before: Inventory, machine: Host
) -> None:
    failing = with_app(frankenphp_worker="<?php throw new Exception('no such service');")
    operation = drive(ask(kind="laravel"), failing)
    assert_undone(operation, machine, before, "The worker of fault ended", "frankenphp-worker.php has not reached")
    assert operation.failed_step == "worker-start"


@pytest.mark.parametrize(
    ("artisan", "said"),
    [
        (r"<?php echo 'SQLSTATE[42000]: no rights'; exit(1);", "SQLSTATE[42000]: no rights"),
        ("<?php nothing();", "undefined function nothing()"),
    ],
)
def test_migrations_that_fail_are_told_and_taken_back(
    with_app: With, before: Inventory, machine: Host, artisan: str, said: str
) -> None:
    operation = drive(ask(kind="laravel"), with_app(artisan=artisan))
    assert_undone(operation, machine, before, "Laravel could not be installed: ", said)
    assert operation.failed_step == "application"


def test_an_application_that_composer_has_not_made_whole_is_named(
    with_app: With, before: Inventory, machine: Host
) -> None:
    operation = drive(ask(kind="laravel"), with_app(autoload=None))
    assert_undone(operation, machine, before, "There is no Composer application in it: vendor/autoload.php is missing.")


def test_an_application_that_fails_on_its_first_page_is_not_done(
    with_app: With, before: Inventory, machine: Host
) -> None:
    failing = with_app(frankenphp_worker=None, index="<?php http_response_code(500);")
    operation = drive(ask(kind="laravel"), failing)
    assert_undone(operation, machine, before, "answers 500")
