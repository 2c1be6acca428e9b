"""A site's logs at all three doors: asked of a runner, read as the site's user, and never through a link."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.core.management import load_command_class

from apps.host.host import Host
from apps.host.visit import fetch
from apps.operations.management.base import NounCommand
from apps.operations.models import Question
from apps.operations.questions import reply
from apps.sites.models import Site
from apps.workers import chores
from apps.workers.chores import rotate_logs
from tests.doors.staff import at_the_door, boss, give
from tests.lifecycle.driving import ask, drive
from tests.make import a_client, a_user
from tests.parts.pages import put_page
from tests.parts.tenants import AS_ROOT
from tests.parts.worker import wait_for

pytestmark = [
    pytest.mark.host,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("before", "runner"),
]
NASTY = "<script>alert('x')</script>"
PLACES = settings.PLACES


@pytest.fixture
def runner(machine: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are answered at once."""

    def answered(question: Question) -> None:
        reply(Question.objects.get(pk=question.pk), machine)

    monkeypatch.setattr("apps.operations.sending.ask", answered)


@pytest.fixture
def site(machine: Host) -> Site:
    return Site.objects.get(pk=drive(ask(database=False), machine).subject_id)


def visited(site: Site, path: str) -> None:
    """The log is written behind the answer."""
    log = PLACES.site_logs(site.slug) / "access.log"
    before = log.stat().st_size if log.exists() else 0
    fetch(site.port or 0, "fault.localhost", path)
    wait_for(lambda: log.exists() and log.stat().st_size > before)


def lines(site: Site, **words: Any) -> list[dict[str, str]]:
    answer = a_client(boss_of(), "site:read", "site:operate").get(f"/api/v1/sites/{site.pk}/logs/", words)
    assert answer.status_code == 200, answer.content
    return list(answer.json())


def boss_of() -> Any:
    from django.contrib.auth.models import User

    return User.objects.filter(username="rose").first() or boss("rose")


def test_all_three_doors_show_the_same(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    put_page(site, "bad.php", "<?php error_log('PHP Warning:  from the page'); echo 'fine';")
    visited(site, f"/bad.php?q={NASTY.replace(' ', '%20')}")
    told = lines(site, which="access", filter="bad.php")
    assert [line["level"] for line in told] == ["info"]
    assert "200  GET  /bad.php?q=<script>alert('x')</script>" in told[0]["text"]
    php = lines(site, which="php")
    assert (php[-1]["level"], php[-1]["text"]) == ("warning", "PHP Warning:  from the page")
    assert any("serving initial configuration" in line["text"] for line in lines(site, which="worker"))
    command = load_command_class("apps.sites", "site")
    assert isinstance(command, NounCommand)
    command.main("site", ["logs", site.slug, "--which", "access", "--filter", "bad.php", "--format", "json"])
    assert json.loads(capsys.readouterr().out) == told
    page = at_the_door(boss_of()).get(f"/admin/sites/site/{site.pk}/tab/logs/?which=access", HTTP_HX_REQUEST="true")
    text = page.content.decode()
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in text
    assert NASTY not in text


@pytest.mark.parametrize("words", [{"which": "../worker"}, {"lines": 0}, {"lines": 1001}, {"filter": "x" * 201}])
def test_what_cannot_be_asked_is_told(site: Site, words: dict[str, Any]) -> None:
    answer = a_client(boss_of()).get(f"/api/v1/sites/{site.pk}/logs/", words)
    assert answer.status_code == 400, answer.content
    assert answer.json()["detail"].endswith(".")


def test_a_log_that_is_not_there_has_no_lines(site: Site) -> None:
    assert lines(site, which="php") == []


def test_who_may_only_look_at_a_site_sees_no_visitors_of_it(site: Site) -> None:
    vera = a_user("vera", is_staff=True)
    give(vera, site)
    assert a_client(vera).get(f"/api/v1/sites/{site.pk}/logs/").status_code == 403
    page = at_the_door(vera).get(f"/admin/sites/site/{site.pk}/tab/logs/", HTTP_HX_REQUEST="true")
    assert "This needs site:operate" in page.content.decode()
    assert not Question.objects.exists()


@AS_ROOT
@pytest.mark.parametrize(("which", "name"), [("access", "access.log"), ("php", "php-error.log")])
def test_52_a_log_that_was_replaced_by_a_link_is_refused_and_said(site: Site, which: str, name: str) -> None:
    log = PLACES.site_logs(site.slug) / name
    log.unlink(missing_ok=True)
    log.symlink_to("/etc/shadow")
    answer = a_client(boss_of()).get(f"/api/v1/sites/{site.pk}/logs/", {"which": which})
    assert answer.status_code == 409, answer.content
    assert f"{name} is a link" in answer.json()["detail"]
    assert "root:" not in answer.content.decode()


def test_a_log_of_eight_terabytes_is_read_from_its_end(site: Site) -> None:
    log = PLACES.worker_log(site.slug)
    with log.open("r+b") as file:
        file.truncate(8 * 1024**4)  # who read it all would be at it for an hour
        file.seek(0, 2)
        file.write(b"\nthe last words\n")
    assert lines(site, which="worker", lines=1)[0]["text"] == "the last words"
    log.write_bytes(b"")


def test_logs_that_grow_are_rotated_and_the_worker_writes_on(
    machine: Host, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "LIMIT", 1000)
    put_page(site, "loud.php", "<?php error_log(str_repeat('x', 900)); error_log(str_repeat('y', 900));")
    visited(site, "/loud.php")
    rotate_logs(site.server, machine)
    folder = PLACES.site_logs(site.slug)
    assert PLACES.worker_log(site.slug).stat().st_size == 0
    assert "serving initial configuration" in PLACES.worker_log(site.slug).with_name("worker.log.1").read_text()
    assert not (folder / "php-error.log").exists()
    assert "y" * 900 in (folder / "php-error.log.1").read_text()
    visited(site, "/loud.php")
    assert "x" * 900 in (folder / "php-error.log").read_text()
