"""A site of Joomla through all steps, from its vendor's list to its pages; release and vendor are of the tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings

from apps.host.host import Host
from apps.host.sources import Sources
from apps.operations.questions import SECRET
from apps.sites.kinds import KINDS
from apps.sites.models import Site
from tests.host.webserver import Web, web_server
from tests.lifecycle.driving import ask, assert_undone, drive
from tests.lifecycle.test_site_create_hostile import PASSWORD, TITLE, a_hostile_site, assert_logs_in, assert_modes
from tests.lifecycle.test_site_create_hostile import hostile as hostile_password
from tests.operations.inventory import Inventory
from tests.parts.front import RunningFront
from tests.parts.ground import open_folder
from tests.sites.joomla_release import published
from tests.sites.test_joomla import configured

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
PLACES = settings.PLACES
hostile = hostile_password


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web_server() as web:
        monkeypatch.setattr(type(KINDS["joomla"]), "source", published(web))
        yield web


@pytest.fixture
def machine(machine: Host, vendor: Web) -> Iterator[Host]:
    with open_folder() as cache:
        yield replace(machine, sources=Sources(cache, {}))


@pytest.mark.usefixtures("hostile")
def test_joomla_arrives_installed_and_no_value_becomes_code(
    machine: Host, parts: RunningFront, before: Inventory
) -> None:
    operation = drive(a_hostile_site("joomla"), machine)
    assert operation.status == "done", operation.error
    assert operation.lines.get(key="application").memo[SECRET], "the administrator's password can be told"
    assert_logs_in()
    config = PLACES.public(Site.objects.get().slug) / "configuration.php"
    seen = configured(config.read_bytes().decode())
    assert (seen["sitename"], seen["password"]) == (TITLE, PASSWORD)
    assert_modes(config, operation.subject_id)
    pages = {path: parts.get("hostile.localhost", path) for path in ("/", "/api/v1/users", "/administrator/", "/a/b")}
    assert {page.status for page in pages.values()} == {200}
    assert "1 user" in pages["/"].body
    assert "uid=" not in pages["/"].body
    assert pages["/api/v1/users"].body == "api /api/v1/users"
    assert pages["/administrator/"].body == "log in"
    refused = {path: parts.get("hostile.localhost", path).status for path in ("/installation/", "/images/e.php")}
    assert refused == {"/installation/": 404, "/images/e.php": 403}


def test_a_step_of_joomla_that_is_repeated_does_no_harm(machine: Host, before: Inventory) -> None:
    operation = drive(ask(kind="joomla"), machine, before="worker-config")
    installed = PLACES.public("fault") / "administrator" / "index.php"
    installed.unlink()
    operation.lines.filter(key__in=["application-files", "application"]).update(status="running")
    assert drive(operation, machine).status == "done"
    assert installed.exists(), "it was copied again"
    assert not (PLACES.public("fault") / "installation").exists()


def test_66_a_joomla_that_was_changed_on_its_way_is_refused(machine: Host, before: Inventory, vendor: Web) -> None:
    signatures = "/api/v1/signatures/cms/5-10-2"
    entry = json.loads(vendor.pages[signatures])["files"][0]
    vendor.pages[signatures] = json.dumps([{**entry, "sha512": "0" * 128}]).encode()
    operation = drive(ask(kind="joomla"), machine)
    assert_undone(operation, machine, before, "has the sha512 digest")
    assert operation.failed_step == "application-files"


def test_a_joomla_that_cannot_be_had_says_what_may_be_set(machine: Host, before: Inventory, vendor: Web) -> None:
    vendor.pages.clear()
    operation = drive(ask(kind="joomla"), machine)
    assert_undone(operation, machine, before, "Joomla cannot be had.", "FRANKENPANEL_JOOMLA_SOURCE may name an archive")
