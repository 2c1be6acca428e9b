"""A panel of the benchmarks' own: its root, its name, ports and servers. Nothing of it is left afterwards."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import django

from apps.host import claims, waiting
from apps.host.command import Identity, run
from apps.host.errors import Refused
from apps.host.reach import enterable
from apps.host.turns import one_at_a_time
from apps.servers.local.ground import lay
from apps.servers.local.instance import Instance, open_instance
from tests.bench.backends import backends

if TYPE_CHECKING:
    from apps.host.host import Host

CHECKOUT = Path(__file__).resolve().parents[2]
KEPT = re.compile(r"FRANKENPANEL_(CACHE|WORDPRESS_\w+)")
FOREIGN = re.compile(r"FRANKENPANEL_\w+|DATABASE_URL|CELERY_BROKER_URL|SECRET_KEY|DJANGO_SETTINGS_MODULE")


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


class Panel:
    """Made and started as far as a benchmark needs it, and no further."""

    def __init__(self, instance: Instance, code: Path) -> None:
        self.instance = instance
        self.places = instance.places
        self.code = code
        self.started = False

    @cached_property
    def identity(self) -> Identity:
        """Folders, records and MariaDB's first data; no server runs yet. Returns whom the servers run as."""
        from apps.servers.local.prepare import prepare

        return prepare(say)

    def up(self) -> None:
        """All servers of a panel. A second time starts what does not run."""
        from apps.servers.local.running import up

        self.started = True
        up(say)

    def down(self) -> None:
        from apps.servers.local.running import down

        if self.started:
            down(say)
        self.started = False

    @property
    def host(self) -> Host:
        from apps.host.local import this_host

        return this_host()


@contextmanager
def private_panel(on: str) -> Iterator[Panel]:
    """A panel in a root of its own, *on* one of ``backends.BACKENDS``.

    May be used once in a process: Django's settings are read for it.
    """
    os.umask(0o022)
    if os.geteuid() == 0 and not enterable(CHECKOUT):
        raise Refused(f"Other users cannot come to {CHECKOUT}; start the benchmarks with ./panel bench.")
    root = Path(tempfile.mkdtemp(prefix="fpb-", dir="/var/tmp"))
    root.chmod(0o755)
    cache = Path(os.environ.get("FRANKENPANEL_CACHE", "/var/cache/frankenpanel"))
    panel = None
    try:
        with backends(on, root) as addresses:
            try:
                panel = _panel(root, cache, addresses)
                yield panel
            finally:
                _take_down(panel)
    finally:
        shutil.rmtree(root)
        claims.forget(cache, root)


def _take_down(panel: Panel | None) -> None:
    """Nothing breaks it off."""
    for number in waiting.ENDS:
        signal.signal(number, signal.SIG_IGN)
    if panel is not None:
        panel.down()
        _remove_users(panel)
        shutil.rmtree(panel.places.run, ignore_errors=True)


def _panel(root: Path, cache: Path, addresses: Mapping[str, str]) -> Panel:
    for name in [name for name in os.environ if FOREIGN.fullmatch(name) and not KEPT.fullmatch(name)]:
        del os.environ[name]
    instance = open_instance(CHECKOUT, cache, {**os.environ, "FRANKENPANEL_ROOT": str(root)})
    lay(instance)
    os.environ.setdefault("FRANKENPHP_BIN", _frankenphp(cache))
    os.environ.update(instance.environment(), FRANKENPANEL_ROOT=str(root), **addresses)
    os.environ["DJANGO_SETTINGS_MODULE"] = "frankenpanel.settings"
    django.setup()
    return Panel(instance, CHECKOUT)


def _frankenphp(cache: Path) -> str:
    found = max(map(str, (cache / "frankenphp").glob("*/frankenphp")), default="")
    if not found:
        raise Refused(f"There is no FrankenPHP in {cache}; ./panel bench gets it.")
    return found


def _remove_users(panel: Panel) -> None:
    """The sites' and the panel's own, as long as they are this instance's."""
    if not panel.instance.separate:
        return
    from apps.host.users import Users

    users, prefix = Users(panel.places, separate=True), panel.places.site_user(0).removesuffix("0")
    names = [account.pw_name for account in pwd.getpwall()]
    for name in filter(lambda name: name.startswith(prefix), names):
        users.remove(name)
    if panel.places.panel_user in names:
        with one_at_a_time(panel.places.cache / "accounts.lock"):
            run(["userdel", "--force", "--", panel.places.panel_user])
