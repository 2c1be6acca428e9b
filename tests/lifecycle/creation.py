"""Creating a site through the API and a runner's loop, and what must then be seen outside the panel."""

from __future__ import annotations

import json
import os
import pwd
import re
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import MySQLdb
import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from apps.host.host import Host
from apps.operations import engine
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.parts.front import Answer, RunningFront

SITES = "/api/v1/sites/"
REQUEST = {"name": "Seed Shop", "kind": "custom", "domain": "seed-shop.localhost", "database": True}


@dataclass
class Created:
    """A request, its answer, and the machine that it came to."""

    client: Client
    answer: Any
    host: Host
    front: RunningFront

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.answer.content))

    @property
    def site(self) -> dict[str, Any]:
        return dict(self.body["site"])

    def home(self) -> Path:
        return Path(settings.PLACES.root) / "sites" / "seed-shop"

    def visit(self, path: str = "/") -> Answer:
        return self.front.get("seed-shop.localhost", path)


def create(client: Client, host: Host, front: RunningFront) -> Created:
    """Post the request and carry out what it led to, to its end."""
    User.objects.filter(username="ana").delete()
    client.force_login(User.objects.create_superuser("ana"))
    answer = post(client, REQUEST)
    drive_all(host)
    return Created(client, answer, host, front)


def post(client: Client, request: dict[str, Any]) -> Any:
    return client.post(SITES, json.dumps(request), content_type="application/json")


def drive_all(host: Host) -> None:
    for operation in Operation.objects.filter(status__in=Operation.DUE):
        while not (current := Operation.objects.get(pk=operation.pk)).ended:
            time.sleep(max(0.0, (current.due_at - now()).total_seconds()))
            try:
                engine.advance(operation.pk, lambda: host)
            except Exception:  # noqa: BLE001, S112 - a carrier that is missing is a fault: the engine goes back by itself
                continue


def clear(host: Host) -> None:
    """Take back whatever the creation left, finished or not."""
    for operation in Operation.objects.exclude(status="undone"):
        Operation.objects.filter(pk=operation.pk).update(status="undoing", ended_at=None, due_at=now())
        operation.lines.exclude(undo_error="").update(undo_error="")
    drive_all(host)
    assert not Site.objects.exists()


# What must be seen, line by line of "1. Site Creation"


def accepted_and_known(created: Created) -> None:
    assert created.answer.status_code == 202
    recorded = rows("SELECT id FROM operations_operation WHERE flow = 'site.create'")
    assert recorded == [(created.body["operation"]["id"],)]


def nonsense_is_refused(created: Created) -> None:
    nonsense = (("name", ""), ("name", "x" * 300), ("kind", "perl"), ("domain", "a b"), ("domain", "x.test:80"))
    for field, value in nonsense:
        answer = post(created.client, {**REQUEST, "domain": "other.localhost", field: value})
        assert answer.status_code == 400, (field, value)


def a_stranger_is_refused(created: Created) -> None:
    User.objects.create_user("eve")
    stranger = Client()
    stranger.force_login(User.objects.get(username="eve"))
    assert post(stranger, {**REQUEST, "domain": "eve.localhost"}).status_code == 403


def names_may_repeat_and_slugs_do_not(created: Created) -> None:
    again = post(created.client, {**REQUEST, "domain": "seed-shop-2.localhost"})
    assert again.status_code == 202
    assert [created.site["slug"], json.loads(again.content)["site"]["slug"]] == ["seed-shop", "seed-shop-2"]


def the_lowest_port_listens(created: Created) -> None:
    assert created.site["port"] == settings.SITE_PORTS[0]
    assert created.host.supervisor.port_holder(settings.SITE_PORTS[0]) is not None


def the_directory_is_the_sites_alone(created: Created) -> None:
    home = created.home().stat()
    assert (home.st_uid, stat.S_IMODE(home.st_mode)) == (os.geteuid(), 0o750)
    for folder in ("public", "private", "tmp"):
        assert pwd.getpwuid((created.home() / folder).stat().st_uid).pw_name == site_user(created)


def the_site_is_recorded(created: Created) -> None:
    wanted = [("Seed Shop", "seed-shop", "custom", "active")]
    assert rows("SELECT name, slug, kind, status FROM sites_site WHERE slug = 'seed-shop'") == wanted


def the_primary_domain_is_recorded(created: Created) -> None:
    recorded = rows('SELECT site_id, host FROM domains_domain WHERE "primary"')
    assert (created.site["id"], "seed-shop.localhost") in recorded


def the_database_is_there_for_its_account_alone(created: Created) -> None:
    name = created.site["databases"][0]
    connection = MySQLdb.connect(unix_socket=str(settings.PLACES.mysql_socket), user=name, passwd=password(created))
    with connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        assert {row[0] for row in cursor.fetchall()} == {name, "information_schema"}
    connection.close()  # type: ignore[no-untyped-call]


def the_configuration_logs_in(created: Created) -> None:
    file = created.home() / "private" / ".env"
    found = file.stat()
    assert (pwd.getpwuid(found.st_uid).pw_name, stat.S_IMODE(found.st_mode)) == (site_user(created), 0o640)
    assert password(created) in file.read_text()


def the_workers_json_is_there(created: Created) -> None:
    link = settings.PLACES.root / "runtime" / f"worker_{created.site['id']}.json"
    assert stat.S_IMODE(link.stat().st_mode) == 0o644
    assert f':{created.site["port"]}"' in link.read_text()


def the_caddyfile_names_the_site(created: Created) -> None:
    text = (settings.PLACES.root / "caddy" / "Caddyfile.next").read_text()
    assert re.search(rf"^\s*seed-shop\.localhost {created.site['port']} ", text, re.MULTILINE)


def the_worker_answers_through_php(created: Created) -> None:
    pid = settings.PLACES.worker_pid(created.site["id"]).read_text().split()[0]
    assert pwd.getpwuid(Path(f"/proc/{pid}").stat().st_uid).pw_name == site_user(created)
    assert str(created.site["port"]) in (created.host.supervisor.port_holder(created.site["port"]) or "") or pid


def the_front_serves_the_site(created: Created) -> None:
    answer = created.visit()
    assert answer.status == 200
    assert "Seed Shop" in answer.body


def the_information_is_returned(created: Created) -> None:
    wanted = {"name": "Seed Shop", "slug": "seed-shop", "kind": "custom", "domains": ["seed-shop.localhost"]}
    assert wanted.items() <= created.site.items()
    port = settings.HTTPS_PORT
    assert created.site["url"] == f"https://seed-shop.localhost:{port}"


FACTS: dict[int, Callable[[Created], None]] = {
    1: accepted_and_known,
    2: nonsense_is_refused,
    3: a_stranger_is_refused,
    4: names_may_repeat_and_slugs_do_not,
    5: the_lowest_port_listens,
    6: the_directory_is_the_sites_alone,
    7: the_site_is_recorded,
    8: the_primary_domain_is_recorded,
    9: the_database_is_there_for_its_account_alone,
    10: the_configuration_logs_in,
    11: the_workers_json_is_there,
    12: the_caddyfile_names_the_site,
    13: the_worker_answers_through_php,
    14: the_front_serves_the_site,
    15: the_information_is_returned,
}


def rows(query: str) -> list[tuple[Any, ...]]:
    """Asked of the database itself, past the panel."""
    if address := os.environ.get("DATABASE_URL"):
        with psycopg.connect(address) as postgresql:
            return postgresql.execute(query.encode()).fetchall()
    with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"])) as sqlite:
        return sqlite.execute(query).fetchall()


def site_user(created: Created) -> str:
    if os.geteuid():
        return pwd.getpwuid(os.geteuid()).pw_name
    return str(settings.PLACES.site_user(created.site["id"]))


def password(created: Created) -> str:
    text = (created.home() / "private" / ".env").read_text()
    found = re.search(r'^DB_PASSWORD="?([A-Za-z0-9]{32})"?$', text, re.MULTILINE)
    assert found, "the configuration has no password"
    return found[1]
