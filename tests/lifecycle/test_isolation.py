"""A site of each kind tries what a cracked one would: read, list, connect to and signal whatever is not its own.

Its programs run as its user, past open_basedir: what is refused here is refused by the kernel. ``OPEN`` says what Unix
users alone do not close, and what does in production; a test holds that list too, so that it stays true.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.conf import settings

from apps.host.host import Host
from apps.host.sources import Sources
from apps.host.supervisor import find
from apps.sites.kinds import KINDS
from apps.sites.models import Site
from apps.workers.roster import worker_of
from tests.host.webserver import web_server
from tests.lifecycle.driving import ask, drive
from tests.parts.front import RunningFront
from tests.parts.ground import open_folder
from tests.parts.tenants import AS_ROOT
from tests.sites.joomla_release import published

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("before"), AS_ROOT]
PROGRAM = r"""
import json, os, signal, socket, sys
found = {}
def attempt(name, act):
    try:
        found[name] = f"open: {act()!r}"[:200]
    except OSError as error:
        found[name] = f"refused: {error.strerror}"
def read(path):
    with open(path, "rb") as file:
        return file.read(64)
def connect(path):
    with socket.socket(socket.AF_UNIX) as way:
        way.connect(path)
def tcp(port):
    with socket.create_connection(("127.0.0.1", port), 2):
        return "connected"
def bind(port):
    with socket.socket() as way:
        way.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        way.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        way.bind(("127.0.0.1", port))
def link(path):
    name = os.path.join(os.environ["HERE"], "link")
    os.symlink(path, name)
    try:
        return read(name)
    finally:
        os.unlink(name)
def hard(path):
    name = os.path.join(os.environ["HERE"], "hard")
    os.link(path, name)
    os.unlink(name)
ACTS = {"read": read, "list": os.listdir, "connect": connect, "tcp": tcp, "bind": bind, "link": link, "hard": hard,
        "signal": lambda pid: os.kill(pid, signal.SIGCONT), "enter": os.chdir,
        "write": lambda path: os.close(os.open(path, os.O_WRONLY | os.O_CREAT))}
for name, act, what in json.load(sys.stdin):
    attempt(name, lambda: ACTS[act](what))
print(json.dumps(found))
"""
OPEN = {
    "49 see a neighbour's processes": "systemd: ProtectProc=invisible in frankenphp@.service",
    "19 talk to a neighbour's port": "nftables: meta skuid, see the README's production part",
    "20 find the database's socket": "nothing: it is how a site reaches its own database; its account opens no other",
}
"""What is open where only Unix users keep sites apart, and what closes it in production."""
Attempts = list[tuple[str, str, object]]


@dataclass
class Neighbours:
    host: Host
    front: RunningFront
    victim: Site
    attacker: Site


def a_site(host: Host, name: str, kind: str) -> Site:
    operation = drive(ask(name, kind), host)
    assert operation.status == "done", operation.error
    return Site.objects.select_related("runtime", "server").get(pk=operation.subject_id)


@pytest.fixture(params=[kind for kind in sorted(KINDS) if KINDS[kind].rules.php])
def neighbours(request: pytest.FixtureRequest, machine: Host, parts: RunningFront) -> Iterator[Neighbours]:
    victim = a_site(machine, "Victim", "custom")
    with released(machine, request.param) as offering:
        yield Neighbours(machine, parts, victim, a_site(offering, "Attacker", request.param))


@contextmanager
def released(host: Host, kind: str) -> Iterator[Host]:
    """*host*, where Joomla's vendor is one of the tests': its release cannot be had everywhere."""
    if kind != "joomla":
        yield host
        return
    with web_server() as web, open_folder() as cache, pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(KINDS[kind]), "source", published(web))
        yield replace(host, sources=Sources(cache, {}))


def tried(neighbours: Neighbours, attempts: Attempts) -> dict[str, str]:
    """What became of each attempt of the attacker's user."""
    site = neighbours.attacker
    owner = neighbours.host.users.identity(settings.PLACES.site_user(site.pk))
    python = Path(sys.executable).resolve()
    done = subprocess.run(
        ["/usr/bin/python3" if not python.is_relative_to("/usr") else str(python), "-I", "-S", "-c", PROGRAM],
        input=json.dumps(attempts).encode(),
        user=owner.uid,
        group=owner.gid,
        extra_groups=[],
        env={"HERE": str(settings.PLACES.public(site.slug))},
        cwd="/",
        capture_output=True,
        check=True,
        start_new_session=True,  # within one session everybody may send SIGCONT
    )
    return dict(json.loads(done.stdout))


def process_of(neighbours: Neighbours) -> int:
    server = find.server(worker_of(neighbours.victim, neighbours.host))
    assert server is not None
    return server.pid


def attempts_on(neighbours: Neighbours) -> Attempts:
    """Everything that must be refused."""
    places, victim = settings.PLACES, neighbours.victim
    home, pid = places.site(victim.slug), process_of(neighbours)
    secret = home / "private" / ".env"
    front = neighbours.front.process
    assert front is not None
    return [
        ("49 read a neighbour's configuration", "read", str(secret)),
        ("49 list a neighbour's folder", "list", str(home)),
        ("49 list a neighbour's files", "list", str(home / "public")),
        ("49 enter a neighbour's folder", "enter", str(home)),
        ("49 list all sites", "list", str(places.root / "sites")),
        ("49 follow a link of one's own to a neighbour's file", "link", str(secret)),
        ("39 link a neighbour's file into one's own folder", "hard", str(secret)),
        ("39 link a file of root's into one's own folder", "hard", "/etc/shadow"),
        ("49 read a neighbour's access log", "read", str(places.site_logs(victim.slug) / "access.log")),
        ("49 read a neighbour's worker log", "read", str(places.worker_log(victim.slug))),
        ("49 read a neighbour's sessions", "list", str(home / "tmp")),
        ("49 read a neighbour's environment", "read", f"/proc/{pid}/environ"),
        ("49 read a neighbour's memory", "read", f"/proc/{pid}/mem"),
        ("49 enter a neighbour's working directory", "enter", f"/proc/{pid}/cwd"),
        ("49 enter a neighbour's open files", "list", f"/proc/{pid}/fd"),
        ("signal a neighbour's worker", "signal", pid),
        ("signal the front", "signal", front.pid),
        ("signal the first process", "signal", 1),
        ("18 share a neighbour's port", "bind", victim.port),
        ("20 talk to a neighbour's metrics", "connect", str(places.metrics_socket(victim.pk))),
        ("20 talk to the front's admin socket", "connect", str(places.front_admin)),
        ("20 list the panel's sockets", "list", str(places.front_admin.parent)),
        ("read the panel's keys", "read", str(places.keys / "fernet")),
        ("list the panel's keys", "list", str(places.keys)),
        ("read the front's certificates", "list", str(places.caddy_storage)),
        ("write into the panel's folder", "write", str(places.root / "mine")),
        ("write beside the sites", "write", str(places.root / "sites" / "mine")),
        ("write into one's own root folder", "write", str(places.site(neighbours.attacker.slug) / "mine")),
        ("replace one's own worker's configuration", "write", str(places.worker_config(neighbours.attacker.pk))),
        ("read MariaDB's files", "list", str(places.root / "mysql" / "data")),
    ]


def test_20_49_a_site_reaches_nothing_that_is_not_its_own(neighbours: Neighbours) -> None:
    found = tried(neighbours, attempts_on(neighbours))
    assert {name: told for name, told in found.items() if not told.startswith("refused")} == {}
    assert len(found) == len(attempts_on(neighbours))


def test_20_49_what_users_alone_leave_open_is_on_the_list(neighbours: Neighbours) -> None:
    attempts: Attempts = [
        ("49 see a neighbour's processes", "read", f"/proc/{process_of(neighbours)}/cmdline"),
        ("19 talk to a neighbour's port", "tcp", neighbours.victim.port),
        ("20 find the database's socket", "connect", str(settings.PLACES.mysql_socket)),
    ]
    found = tried(neighbours, attempts)
    assert {name for name, told in found.items() if told.startswith("open")} == set(OPEN)


def test_20_a_site_is_nobody_on_mysql_but_itself(neighbours: Neighbours) -> None:
    owner = neighbours.host.users.identity(settings.PLACES.site_user(neighbours.attacker.pk))
    name = neighbours.victim.databases.get().name
    for user in ("root", settings.PLACES.panel_user, name, ""):
        way = [f"--socket={settings.PLACES.mysql_socket}", f"--user={user}", "-e", "SELECT 1"]
        done = subprocess.run(
            ["/usr/bin/mariadb", "--no-defaults", *way],
            user=owner.uid, group=owner.gid, extra_groups=[], env={}, cwd="/", capture_output=True, check=False,
        )  # fmt: skip
        assert b"Access denied" in done.stderr, (user, done.stderr)
