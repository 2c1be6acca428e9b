"""A whole machine for the lifecycles: MariaDB, the front and the folders of a root of the tests' own, all real."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

from apps.domains.caddyfile import FrontFacts, render
from apps.host.addresses import Addresses
from apps.host.caddy import Front
from apps.host.command import Identity
from apps.host.host import Host
from apps.host.local import this_host
from apps.host.postbox import Postbox
from apps.host.smtp import Smtp
from apps.operations.letterbox import letterbox_of
from apps.servers.local.ground import folders
from apps.servers.models import Runtime, Server
from tests.parts.front import UID, RunningFront, lay_pages
from tests.parts.mariadb import private_mariadb

LOOPBACK = Addresses([ip_network("127.0.0.0/8")])
TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture(scope="session")
def parts() -> Iterator[RunningFront]:
    """The servers that a panel runs beside its own processes, once for all tests."""
    places = settings.PLACES
    _lay()
    with private_mariadb(places.root / "mysql", places.mysql_socket.parent):
        this_host().mysql.harden()
        front = RunningFront(_front_facts(), Front(places.front_admin, Path(settings.FRANKENPHP)))
        places.caddyfile.write_text(render(front.facts))
        front.start()
        try:
            yield front
        finally:
            front.stop()


@pytest.fixture
def machine(parts: RunningFront) -> Host:
    """The drivers of that machine, and the records of its server. The test wants a database with transactions.

    A site's relay may be on loopback: those are the tests' own.
    """
    ports = settings.SITE_PORTS
    letterbox = letterbox_of(this_host())
    server = Server.objects.create(name=settings.SERVER, first_port=ports[0], last_port=ports[-1], letterbox=letterbox)
    binary = settings.FRANKENPHP
    Runtime.objects.create(server=server, name="first", path=binary, version="", php_version="8.2", thread_safe=True)
    return replace(this_host(), smtp=Smtp(LOOPBACK))


def _lay() -> None:
    places = settings.PLACES
    front = Identity("", UID, UID) if os.geteuid() == 0 else Identity("", os.geteuid(), os.getegid())
    for path, owner, mode in folders(places, front):
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        os.chown(path, owner.uid, owner.gid)
    logs = places.logs("front")
    logs.mkdir(exist_ok=True)
    os.chown(logs, front.uid, front.gid)
    lay_pages(places)
    shutil.copytree(TEMPLATES / "worker", places.probe, dirs_exist_ok=True)
    Postbox(places).install()
    for name in ("fernet", "letterbox"):
        (places.keys / name).write_bytes(Fernet.generate_key())


def _front_facts() -> FrontFacts:
    return FrontFacts(
        places=settings.PLACES,
        http_port=settings.HTTP_PORT,
        https_port=settings.HTTPS_PORT,
        panel_host=settings.PANEL_HOST,
        panel_socket=settings.PLACES.run / "panel" / "web.sock",
        sites=(),
        inherited=settings.FRONT_INHERITS,
    )
