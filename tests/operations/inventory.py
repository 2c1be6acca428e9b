"""What is on the machine, looked up outside the panel: what a crash might have left behind."""

from __future__ import annotations

import json
import os
import pwd
import re
from collections.abc import Iterable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import MySQLdb
from django.apps import apps
from django.conf import settings

from apps.host.caddy import Front, routes
from apps.host.errors import Unavailable
from apps.host.host import Host
from frankenpanel.places import Places

Inventory = dict[str, Any]
PASS, PAIR = re.compile("the pass [0-9a-f]{12}"), re.compile(r"/\d+\.pem")
"""Each maintenance has another one; an owner's certificate has a number that no other had."""
RECORDS: tuple[str, ...] = ("sites.Site", "domains.Domain", "databases.Database")
RECORDS += ("operations.Hold", "servers.ForeignPort", "servers.Kept")


def inventory(host: Host) -> Inventory:
    """Everything that a site leaves on a machine, by the name of the place where it was found."""
    records = {name: apps.get_model(name).objects.count() for name in RECORDS}
    return {**outside(host.places, host.front, settings.SITE_PORTS), "records": records}


def outside(places: Places, front: Front, ports: Iterable[int]) -> Inventory:
    """The same without the records: of any panel on this machine."""
    return {
        "users": sorted(user.pw_name for user in pwd.getpwall() if user.pw_name.startswith(_stem(places))),
        "folders": _folders(places),
        "unfinished": [str(path.name) for path in places.archives.glob("*/*.part")],
        **_mysql(places),
        "processes": _processes(places),
        "shut": _shut(places),
        "listeners": _listeners(ports),
        "pairs": ["pair.pem" for _ in places.pair(0).parent.iterdir()],
        "routes": {_same(name): _same(where) for name, where in _routes(front).items()},
    }


def _routes(front: Front) -> dict[str, str]:
    """A load makes the admin's listener anew, and drops who is just asking: once more, then."""
    until = monotonic() + 5
    while True:
        try:
            return routes(front.current())
        except Unavailable:
            if monotonic() > until:
                raise
            sleep(0.05)


def _same(text: str) -> str:
    """*text* without what is another one each time."""
    return PAIR.sub("/pair.pem", PASS.sub("its pass", text))


def _stem(places: Places) -> str:
    return places.site_user(0)[:-1]


def _folders(places: Places) -> list[str]:
    """Every name in the folders that hold something of a site, but the front's own files and logs."""
    kept = filter(Path.exists, (places.root / "trash" / "sites", places.root / "trash" / "logs"))
    roots = [places.root / "sites", places.root / "runtime", places.root / "logs", places.run, places.locks, *kept]
    entries = [str(entry).removeprefix(f"{places.root}/") for root in roots for entry in root.iterdir()]
    return sorted(entry for entry in entries if not entry.startswith(("logs/front", "locks/front", "locks/.")))


def _mysql(places: Places) -> Inventory:
    connection = MySQLdb.connect(unix_socket=str(places.mysql_socket), user="root")
    try:
        cursor = connection.cursor()
        found = {}
        for name, query in (
            ("databases", "SHOW DATABASES"),
            ("accounts", "SELECT CONCAT(User, '@', Host) FROM mysql.user"),
            ("grants", "SELECT CONCAT(User, '@', Host, ' on ', Db) FROM mysql.db"),
        ):
            cursor.execute(query)
            found[name] = sorted(str(row[0]) for row in cursor.fetchall())
        return found
    finally:
        connection.close()  # type: ignore[no-untyped-call]


def _processes(places: Places) -> list[str]:
    """Programs that run as a site's user, or with a site's configuration."""
    uids = {user.pw_uid for user in pwd.getpwall() if user.pw_name.startswith(_stem(places))}
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if command and (entry.stat().st_uid in uids or str(places.root / "runtime") in command):
                found.append(command)
        except OSError:
            continue
    return sorted(found)


def _shut(places: Places) -> list[str]:
    """The workers whose configuration has no server in it, as a drain leaves it that was broken off."""
    found = places.root.glob("runtime/site-*/worker.json")
    return sorted(path.parent.name for path in found if not json.loads(path.read_text())["apps"]["http"]["servers"])


def _listeners(ports: Iterable[int]) -> list[int]:
    """Those of *ports* that somebody listens on."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = (line.split()[1] for line in lines if line.split()[3] == "0A")
    return sorted({int(address.rpartition(":")[2], 16) for address in listening}.intersection(ports))


def is_root() -> bool:
    return os.geteuid() == 0
