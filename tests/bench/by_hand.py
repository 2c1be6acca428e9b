"""Runs ``by_hand.sh``: writes what somebody would have typed, and removes what came of it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from django.conf import settings

from apps.databases.naming import database_name, new_password
from apps.domains.caddyfile import FrontSite, render
from apps.domains.serving import facts_of
from apps.host.command import PATH, Identity
from apps.servers.models import Server
from apps.sites.kinds import KINDS
from apps.sites.kinds.base import DatabaseFacts, SiteFacts
from apps.workers.config import WorkerFacts, worker_config
from tests.bench.private import Panel
from tests.bench.waiting import kill

SCRIPT = Path(__file__).with_name("by_hand.sh")
WORDPRESS = KINDS["wordpress"]
UID = 61973
"""An account that nobody has: a number is enough to run as."""
FIRST_ID = 900_001
TITLE = "Made by hand"


@dataclass(frozen=True)
class Kit:
    """One site that is to be made by hand."""

    panel: Panel
    number: int
    tree: Path

    @property
    def slug(self) -> str:
        return f"by-hand-{self.number}"

    @property
    def host(self) -> str:
        return f"{self.slug}.localhost"

    @property
    def port(self) -> int:
        return settings.SITE_PORTS[-1] - self.number

    @property
    def id(self) -> int:
        return FIRST_ID + self.number

    @property
    def owner(self) -> Identity:
        return Identity("", UID, UID) if self.panel.instance.separate else Identity("", os.geteuid(), os.getegid())

    @property
    def folder(self) -> Path:
        return self.panel.places.root / "by-hand" / str(self.number)


def by_hand(panel: Panel, number: int, tree: Path) -> dict[str, float]:
    """Make a site, and stop its worker: the rest goes with the panel's root. Returns the seconds of each part."""
    kit = Kit(panel, number, tree)
    _write(kit, _facts(kit))
    with _worker_ended(kit):
        argv = ["bash", str(SCRIPT), str(kit.folder)]
        done = subprocess.run(argv, capture_output=True, text=True, env={"PATH": PATH}, check=False, timeout=300)
    assert done.returncode == 0, f"by_hand.sh ended with code {done.returncode}: {done.stderr[-2000:]}"
    page = (kit.folder / "page.html").read_text()
    assert WORDPRESS.recognises(page, TITLE), f"by_hand.sh got another page: {page[:500]}"
    times = [line.split() for line in done.stdout.splitlines()]
    return {name: float(after) - float(before) for (before, _), (after, name) in pairwise(times)}


@contextmanager
def _worker_ended(kit: Kit) -> Iterator[None]:
    try:
        yield
    finally:
        pid = kit.folder / "pid"
        if pid.exists():
            kill(int(pid.read_text()))


def _facts(kit: Kit) -> SiteFacts:
    places = kit.panel.places
    name = database_name(places.database_prefix(), kit.slug)
    return SiteFacts(
        id=kit.id,
        slug=kit.slug,
        title=TITLE,
        url=f"https://{kit.host}:{settings.HTTPS_PORT}",
        host=kit.host,
        https_port=settings.HTTPS_PORT,
        admin_user="admin",
        admin_email=f"admin@{kit.host}",
        database=DatabaseFacts(name, name, new_password(), places.mysql_socket),
    )


def _write(kit: Kit, facts: SiteFacts) -> None:
    """The texts, which somebody would have typed before the clock starts."""
    kit.folder.mkdir(parents=True)
    assert facts.database and WORDPRESS.installer
    database = facts.database
    own = f"`{database.name}`"
    account = f"'{database.user}'@localhost"
    texts = {
        "names": _names(kit),
        "database.sql": f"CREATE DATABASE {own} CHARACTER SET utf8mb4;"
        f"CREATE USER {account} IDENTIFIED BY '{database.password}'; GRANT ALL ON {own}.* TO {account};",
        "wp-config.php": WORDPRESS.config(facts),
        "must-use.php": next(iter(WORDPRESS.starter(facts).values())),
        "install.php": WORDPRESS.installer,
        "answers.json": json.dumps(WORDPRESS.install_input(facts, new_password())),
        "worker.json": json.dumps(_worker(kit)),
        "Caddyfile": _caddyfile(kit),
    }
    for name, text in texts.items():
        (kit.folder / name).write_text(text)


def _worker(kit: Kit) -> Mapping[str, object]:
    return worker_config(
        WorkerFacts(
            site_id=kit.id,
            slug=kit.slug,
            port=kit.port,
            public_port=settings.HTTPS_PORT,
            places=kit.panel.places,
            rules=WORDPRESS.rules,
        )
    )


def _caddyfile(kit: Kit) -> str:
    """All sites of the panel, and this one."""
    facts = facts_of(Server.objects.get(name=settings.SERVER))
    return render(replace(facts, sites=(*facts.sites, FrontSite(kit.id, (kit.host,), "up", kit.port))))


def _names(kit: Kit) -> str:
    places, owner = kit.panel.places, kit.owner
    names: dict[str, object] = {
        "uid": owner.uid,
        "gid": owner.gid,
        "tree": kit.tree,
        "site": places.site(kit.slug),
        "logs": places.logs(kit.slug),
        "sockets": places.worker_socket_dir(kit.id),
        "mysql": places.mysql_socket,
        "frankenphp": settings.FRANKENPHP,
        "port": kit.port,
        "front": places.front_admin,
        "authority": places.internal_ca,
        "host": kit.host,
        "https": settings.HTTPS_PORT,
    }
    lines = [f"{name}={shlex.quote(str(value))}\n" for name, value in names.items()]
    return "".join([*lines, f"as_site=({shlex.join(_as_site(kit))})\n"])


def _as_site(kit: Kit) -> list[str]:
    """As the panel starts what runs as the site: its user, and nothing in the environment."""
    user = ["setpriv", f"--reuid={kit.owner.uid}", f"--regid={kit.owner.gid}", "--clear-groups", "--no-new-privs", "--"]
    return [*(user if kit.panel.instance.separate else []), "env", "-i", f"PATH={PATH}"]
