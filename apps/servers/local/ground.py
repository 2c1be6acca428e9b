"""The folders, the system user and the keys of a panel. Standard library only: settings.py reads of them."""

from __future__ import annotations

import base64
import os
import pwd
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from apps.host.apart import set_apart
from apps.host.command import Identity, run
from apps.host.errors import CommandFailed, Refused
from apps.host.turns import one_at_a_time
from apps.servers.local.instance import Instance
from frankenpanel.places import Places

MARK = "FrankenPanel"
SOCKET_LIMIT = 107
"""Bytes that the path of a Unix socket may have."""
LONGEST = "site-99999999/metrics.sock"


def lay(instance: Instance) -> Identity:
    """Make all of it, and return who runs the panel's own servers. What is there is kept as it is.

    Refused when something lies in the way that the panel did not make.
    """
    panel = panel_account(instance.places, separate=instance.separate)
    if len(f"{instance.places.run}/{LONGEST}".encode()) > SOCKET_LIMIT:
        raise Refused(f"{instance.places.run} is too long a path; set FRANKENPANEL_RUN to a shorter one.")
    if not instance.separate:
        instance.places.run.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _must_be_closed(instance.places.run.parent)
    for path, owner, mode in folders(instance.places, panel):
        _folder(path, owner, mode)
    set_apart(instance.places.root / "sites")
    root = Identity("", os.geteuid(), panel.gid)
    _file(instance.places.root / "secret_key", secrets.token_urlsafe(50), 0o640, root)
    for name in ("fernet", "letterbox"):
        key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        _file(instance.places.keys / name, key + "\n", 0o600, root)
    # whoever looks first would make it, and it must be the web's to write in
    _file(instance.places.root / "records" / "panel.sqlite3", "", 0o600, panel)
    return panel


def folders(places: Places, panel: Identity) -> Iterator[tuple[Path, Identity, int]]:
    """Each folder with its owner and mode. Where root's runner writes, nobody else may."""
    root = Identity("", os.geteuid(), os.getegid())
    yield places.root, root, 0o755
    yield places.run, root, 0o755
    for passed in ("sites", "logs", "runtime", "probe", "mail", "trash"):
        yield places.root / passed, root, 0o711
    for closed in ("keys", "locks", "backups", "supervisor"):
        yield places.root / closed, root, 0o700
    yield places.run / "supervisor", root, 0o700
    for read in (places.caddyfile.parent, places.pair(0).parent):  # the passes and the keys of sites stand in them
        yield read, Identity("", root.uid, panel.gid), 0o750
    yield places.browsers, Identity("", root.uid, panel.gid), 0o710
    yield places.logs("front"), panel, 0o750
    yield places.pages, root, 0o755
    yield places.root / "static", root, 0o755
    webs = (places.root / "records", places.root / "beat", places.spool, places.run / "panel")
    for own in (places.caddy_storage, *webs):
        yield own, panel, 0o700
    yield places.mysql_socket.parent, panel, 0o755
    for part in ("", "messages", "control"):
        # both the web's processes and root's runner put files here that the other one takes away
        yield places.root / "broker" / part, Identity("", root.uid, panel.gid), 0o2770


def panel_account(places: Places, *, separate: bool) -> Identity:
    """The system user of the panel's own servers; the caller, where the panel is not root's."""
    if not separate:
        try:
            me = pwd.getpwuid(os.getuid())
        except KeyError as error:
            raise Refused(f"User {os.getuid()} has no account here; run the panel as one that has.") from error
        return Identity(me.pw_name, me.pw_uid, me.pw_gid)
    name = places.panel_user
    with one_at_a_time(places.cache / "accounts.lock"):
        if name not in {account.pw_name for account in pwd.getpwall()}:
            _add_user(name)
    found = pwd.getpwnam(name)
    if found.pw_gecos != MARK or found.pw_uid == 0:
        raise Refused(f"The user {name} was not made by the panel; rename it and start again.")
    return Identity(name, found.pw_uid, found.pw_gid)


def _add_user(name: str) -> None:
    nobody = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", "--comment", MARK]
    try:
        run(["useradd", "--system", "--user-group", *nobody, "--", name])
    except CommandFailed as error:
        raise Refused(f"The system user {name} cannot be made: {error}") from error


def _folder(path: Path, owner: Identity, mode: int) -> None:
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError as error:
        raise Refused(f"{path} is not a folder; move it away and start again.") from error
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        found = os.fstat(opened)
        if (found.st_uid, found.st_gid) != (owner.uid, owner.gid):
            os.fchown(opened, owner.uid, owner.gid)
        if stat.S_IMODE(found.st_mode) != mode:
            os.fchmod(opened, mode)
    finally:
        os.close(opened)


def _file(path: Path, text: str, mode: int, owner: Identity) -> None:
    """Written once, and with its rights from the first byte on; an interrupted one is written anew."""
    if path.exists():
        return
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(opened, "w") as content:
        content.write(text)
        os.fchown(opened, owner.uid, owner.gid)
        os.fchmod(opened, mode)
        os.fsync(opened)
    part.rename(path)


def _must_be_closed(folder: Path) -> None:
    found = folder.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Refused(f"{folder} must be yours alone; set FRANKENPANEL_RUN to a folder that is.")
