"""The twelve lines of "Multi-Site Scaling", seen outside with two sites, and missed where nothing carries them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import MySQLdb
import pytest
from django.conf import settings

from apps.databases.steps import CreateDatabase
from apps.domains.steps import ReloadCaddy
from apps.host.host import Host
from apps.host.supervisor import find
from apps.lifecycle.site import create_site
from apps.operations.asking import Ask
from apps.operations.refusals import Full
from apps.servers.models import Runtime, Server
from apps.sites.models import Site
from apps.sites.steps import CreateSiteDirectory
from apps.workers.roster import worker_of
from apps.workers.steps import StartWorker
from tests.lifecycle.creation import clear, drive_all, rows
from tests.lifecycle.seed import SEED
from tests.parts.front import RunningFront

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unsent")]
CHAPTER = SEED.split("## Multi-Site Scaling\n")[1]
LINES = dict(enumerate(re.findall(r"^- (.+)$", CHAPTER, re.MULTILINE), 1))
ME = Ask(user=None, door="test")
WHERE = "<?php echo json_encode([sys_get_temp_dir(), ini_get('session.save_path'), ini_get('open_basedir')]);"


@dataclass
class Pair:
    host: Host
    front: RunningFront
    sites: list[Site]

    def visit(self, name: str, path: str = "/") -> str:
        answer = self.front.get(f"{name}.localhost", path)
        return f"{answer.status} {answer.body}"

    def put(self, site: Site, name: str, text: str) -> None:
        owner = self.host.users.identity(settings.PLACES.site_user(site.pk))
        self.host.files.write_as(owner, site.slug, f"public/{name}", text)

    def as_the_second(self, *argv: str) -> int:
        """The exit code of a program that the second site's user runs."""
        owner = self.host.users.identity(settings.PLACES.site_user(self.sites[1].pk))
        done = subprocess.run(
            argv, user=owner.uid, group=owner.gid, extra_groups=[], env={}, cwd="/", capture_output=True, check=False
        )
        return done.returncode


def made(host: Host, front: RunningFront) -> Pair:
    """Two sites, or as much of them as came into being."""
    for name in ("Left", "Right"):
        create_site(ME, name, "custom", f"{name.lower()}.localhost", database=True)
        drive_all(host)
    return Pair(host, front, list(Site.objects.select_related("runtime", "server").order_by("pk")))


def ports_begin_at_the_first(pair: Pair) -> None:
    assert Server._meta.get_field("first_port").default == 8081
    assert pair.sites[0].port == settings.SITE_PORTS[0]


def the_next_site_gets_the_next_port(pair: Pair) -> None:
    first, second = pair.sites
    assert second.port == (first.port or 0) + 1
    assert all(pair.host.supervisor.port_holder(site.port or 0) for site in pair.sites)


def a_site_more_than_ports_is_refused(pair: Pair) -> None:
    assert len(Server().ports) == 1000
    Server.objects.update(last_port=settings.SITE_PORTS[0] + 1)
    with pytest.raises(Full, match=r"All 2 ports of local are taken; delete a site"):
        create_site(ME, "Third", "custom", "third.localhost")
    assert Site.objects.count() == 2


def the_ports_are_recorded(pair: Pair) -> None:
    listening = {site.port for site in pair.sites}
    assert {row[0] for row in rows("SELECT port FROM sites_site")} == listening == set(settings.SITE_PORTS[:2])


def a_directory_is_its_sites_alone(pair: Pair) -> None:
    first, second = (settings.PLACES.site(site.slug) for site in pair.sites)
    assert pair.as_the_second("/bin/cat", str(second / "private" / ".env")) == 0
    assert pair.as_the_second("/bin/ls", str(first)) != 0
    assert pair.as_the_second("/bin/cat", str(first / "private" / ".env")) != 0


def a_database_is_its_sites_alone(pair: Pair) -> None:
    names = [site.databases.get().name for site in pair.sites]
    password = pair.host.vault.open(pair.sites[1].databases.get().sealed_password)
    with MySQLdb.connect(unix_socket=str(settings.PLACES.mysql_socket), user=names[1], passwd=password) as connection:
        cursor = connection.cursor()
        cursor.execute("SHOW DATABASES")
        assert {row[0] for row in cursor.fetchall()} == {names[1], "information_schema"}
        with pytest.raises(MySQLdb.OperationalError, match="denied"):
            cursor.execute(f"USE {names[0]}")


def each_has_a_worker_of_its_own(pair: Pair) -> None:
    servers = [find.server(worker_of(site, pair.host)) for site in pair.sites]
    uids = {Path(f"/proc/{server.pid}").stat().st_uid for server in servers if server}
    assert len(uids) == len({server.pid for server in servers if server}) == 2


def each_has_logs_of_its_own(pair: Pair) -> None:
    pair.visit("left", "/only-asked-of-the-left")
    logs = [settings.PLACES.site_logs(site.slug) / "access.log" for site in pair.sites]
    assert "only-asked-of-the-left" in logs[0].read_text()
    assert not logs[1].exists() or "only-asked-of-the-left" not in logs[1].read_text()
    assert pair.as_the_second("/bin/cat", str(logs[0])) != 0


def the_front_leads_to_the_right_one(pair: Pair) -> None:
    for site in pair.sites:
        pair.put(site, "who.php", f"<?php echo '{site.slug}';")
    assert [pair.visit(name, "/who.php") for name in ("left", "right")] == ["200 left", "200 right"]


def one_goes_on_without_the_other(pair: Pair) -> None:
    pair.host.supervisor.stop(worker_of(pair.sites[0], pair.host))
    assert pair.visit("right").startswith("200 ")
    assert pair.visit("left").startswith("50")


def nothing_is_shared(pair: Pair) -> None:
    for site in pair.sites:
        pair.put(site, "where.php", WHERE)
    left, right = pair.visit("left", "/where.php"), pair.visit("right", "/where.php")
    assert left.startswith("200 ")
    assert right.startswith("200 ")
    assert "left" in left.replace("\\", "")
    assert left.replace("left", "right") == right


def another_server_has_ports_and_a_queue_of_its_own(pair: Pair) -> None:
    first = pair.sites[0].port or 0
    there = Server.objects.create(name="other", first_port=first, last_port=first + 9)
    Runtime.objects.create(server=there, name="first", path="/x", version="", php_version="8.2", thread_safe=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "SERVER", "other")
        operation = create_site(ME, "There", "custom", "there.localhost")
    there_site = Site.objects.get(pk=operation.subject_id)
    asked = (operation.queue, there_site.server.name, there_site.port)
    there_site.domains.all().delete()
    operation.delete()
    there_site.delete()
    assert asked == ("server.other", "other", first)


def every_second_port() -> Callable[[Server], int]:
    ports = iter(settings.SITE_PORTS[::2])
    return lambda server: next(ports)


def nothing(*args: Any, **kwargs: Any) -> None:
    """In place of what carries a line."""


FACTS: dict[int, Callable[[Pair], None]] = {
    1: ports_begin_at_the_first,
    2: the_next_site_gets_the_next_port,
    3: a_site_more_than_ports_is_refused,
    4: the_ports_are_recorded,
    5: a_directory_is_its_sites_alone,
    6: a_database_is_its_sites_alone,
    7: each_has_a_worker_of_its_own,
    8: each_has_logs_of_its_own,
    9: the_front_leads_to_the_right_one,
    10: one_goes_on_without_the_other,
    11: nothing_is_shared,
    12: another_server_has_ports_and_a_queue_of_its_own,
}
CARRIERS: dict[int, tuple[Any, str, Callable[[], Any]]] = {
    1: ("apps.lifecycle.site", "next_free_port", lambda: lambda server: server.last_port),
    2: ("apps.lifecycle.site", "next_free_port", every_second_port),
    3: (Server, "ports", lambda: property(lambda server: range(server.first_port, server.first_port + 50))),
    4: ("apps.lifecycle.site", "next_free_port", lambda: nothing),
    5: (CreateSiteDirectory, "do", lambda: nothing),
    6: (CreateDatabase, "do", lambda: nothing),
    7: (StartWorker, "do", lambda: nothing),
    8: ("apps.workers.config", "_access_log", lambda: lambda facts: {"include": ["nothing"]}),
    9: (ReloadCaddy, "do", lambda: nothing),
    10: (StartWorker, "do", lambda: nothing),
    11: ("apps.workers.config", "_paths", lambda: lambda facts: {}),
    12: ("apps.lifecycle.site", "_place", lambda: this_machine),
}
MISSED = (AssertionError, KeyError, IndexError, TypeError, ValueError, OSError, MySQLdb.Error, pytest.fail.Exception)


def this_machine() -> tuple[Server, Runtime]:
    server = Server.objects.get(name="local")
    return server, server.runtimes.get(name="first")


@pytest.fixture
def ground(machine: Host, parts: RunningFront) -> Iterator[tuple[Host, RunningFront]]:
    yield machine, parts
    clear(machine)


def test_every_line_has_a_fact_and_a_carrier() -> None:
    assert sorted(FACTS) == sorted(CARRIERS) == sorted(LINES)


def test_every_line_is_seen_outside(ground: tuple[Host, RunningFront]) -> None:
    pair = made(*ground)
    for number, fact in FACTS.items():
        if number != 10:  # it stops one of the two
            fact(pair)
    FACTS[10](pair)


@pytest.mark.parametrize("number", LINES, ids=lambda number: f"{number} {LINES[number][:40]}")
def test_a_line_that_nothing_carries_is_missed(
    number: int, ground: tuple[Host, RunningFront], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, instead = CARRIERS[number]
    if isinstance(owner, str):
        monkeypatch.setattr(f"{owner}.{name}", instead())
    else:
        monkeypatch.setattr(owner, name, instead())
    pair = made(*ground)
    with pytest.raises(MISSED):
        FACTS[number](pair)
    monkeypatch.undo()
