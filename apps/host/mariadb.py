"""The private MariaDB: its first data, and how it is started. It has a Unix socket and no network port."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from apps.host.command import Identity, run
from apps.host.errors import CommandFailed, Refused
from frankenpanel.places import Places

SMALL = (
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=32M",
    "--innodb-log-buffer-size=4M",
    "--key-buffer-size=4M",
    "--aria-pagecache-buffer-size=8M",
    "--performance-schema=OFF",
)
CLOSED = ("--skip-networking", "--skip-name-resolve", "--local-infile=0", "--symbolic-links=0")


def data_folder(places: Places) -> Path:
    return places.root / "mysql"


def server(places: Places) -> list[str | Path]:
    """The command line of the server."""
    files = [f"--datadir={data_folder(places)}", f"--socket={places.mysql_socket}"]
    files += [f"--pid-file={places.mysql_socket.with_name('mysqld.pid')}", f"--tmpdir={places.root / 'mysql-tmp'}"]
    return [_program("mariadbd"), "--no-defaults", *files, *CLOSED, *SMALL, "--character-set-server=utf8mb4"]


def install(places: Places, owner: Identity, administrator: str) -> None:
    """Make the server's first data as *owner*'s, once; there being data is no error.

    The Unix user *administrator* becomes its administrator, without a password.
    """
    folder = data_folder(places)
    _own(places.root / "mysql-tmp", owner)
    if folder.exists():
        return
    part = places.root / "mysql.part"
    shutil.rmtree(part, ignore_errors=True)
    _own(part, owner)
    argv = [_program("mariadb-install-db"), "--no-defaults", f"--datadir={part}", "--skip-test-db", "--cross-bootstrap"]
    argv += ["--auth-root-authentication-method=socket", f"--auth-root-socket-user={administrator}"]
    try:
        run(argv, identity=owner, cwd=part, timeout=300)
    except CommandFailed as error:
        raise Refused(f"MariaDB's first data could not be made: {error}") from error
    part.rename(folder)


def _own(folder: Path, owner: Identity) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != owner.uid:
        os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None:
        raise Refused(f"{name} is not installed. Run: sudo apt-get install --yes mariadb-server-core")
    return found
