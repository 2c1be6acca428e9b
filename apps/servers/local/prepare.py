"""What must be there before the servers start: pages, MariaDB's data, the records, the first Caddyfile."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.domains.caddyfile import render
from apps.domains.front_pages import rendered_pages
from apps.domains.serving import cold_facts
from apps.host import mariadb
from apps.host.command import Identity, run
from apps.host.files import Files
from apps.host.local import this_host
from apps.host.postbox import Postbox
from apps.host.runtime.network import network
from apps.host.runtime.probe import examine
from apps.operations.letterbox import letterbox_of
from apps.servers.local.ground import panel_account
from apps.servers.models import Runtime, Server
from apps.servers.runtimes import FIRST

Say = Callable[[str], None]
OWN = re.compile(r"FRANKENPANEL_(?!ROLE$)\w+|DATABASE_URL|CELERY_BROKER_URL|SECRET_KEY|FRANKENPHP_BIN|LANG|PATH")


def separate() -> bool:
    """Whether the panel is root's: then its servers, and each site, have users of their own."""
    return os.geteuid() == 0


def environment() -> dict[str, str]:
    """What the panel's own programs inherit of the caller's environment."""
    return {**network(os.environ), **{name: value for name, value in os.environ.items() if OWN.fullmatch(name)}}


def prepare(say: Say) -> Identity:
    """All of it, each part once. Returns whom the panel's own servers run as."""
    places, files = settings.PLACES, Files(settings.PLACES)
    panel = panel_account(places, separate=separate())
    templates = settings.BASE_DIR / "templates"
    for name, text in rendered_pages():
        _keep(files, places.pages / name, text)
    for script in (templates / "worker").iterdir():
        _keep(files, places.probe / script.name, script.read_text())
    Postbox(places).install()
    if not mariadb.data_folder(places).exists():
        say("Making MariaDB's first data.")
    mariadb.install(places, panel, "root" if separate() else panel.name)
    _migrate(panel)
    _first_caddyfile(files, _server(Path(settings.FRANKENPHP)))
    return panel


def _keep(files: Files, path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        files.write(path, text)


def _migrate(panel: Identity) -> None:
    """As the panel's own user: the files beside the records must be its, not root's."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    argv = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"]
    run(argv, identity=panel, env=environment(), timeout=600)


def _server(frankenphp: Path) -> Server:
    """This machine's row, and the one of its FrankenPHP: sites take a newer one with their next start."""
    version = examine(frankenphp)
    own: dict[str, Any] = {"first_port": settings.SITE_PORTS[0], "last_port": settings.SITE_PORTS[-1]}
    own["letterbox"] = letterbox_of(this_host())
    server, _ = Server.objects.update_or_create(name=settings.SERVER, defaults=own)
    facts = {
        "name": FIRST,
        "path": str(frankenphp),
        "version": version.frankenphp,
        "php_version": version.php,
        "thread_safe": version.thread_safe,
    }
    first = server.runtimes.order_by("id").first() or Runtime(server=server)
    for name, value in facts.items():
        setattr(first, name, value)
    first.save()
    return server


def _first_caddyfile(files: Files, server: Server) -> None:
    """The one that the front accepted last is kept, as long as its ports, sockets and paths are still the panel's."""
    fresh, kept = render(cold_facts(server)), settings.PLACES.caddyfile
    options = fresh.partition("(pages)")[0]
    if not kept.exists() or not kept.read_text().startswith(options):
        files.write(kept, fresh)
