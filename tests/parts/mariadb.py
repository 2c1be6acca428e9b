"""A private, real MariaDB for a test: its own folder, a Unix socket alone, nothing left afterwards."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import MySQLdb

SOCKET = "mysqld.sock"
SMALL = (
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=8M",
    "--innodb-flush-log-at-trx-commit=2",
    "--performance-schema=OFF",
    "--skip-log-bin",
    "--debug-no-sync",
)
"""A test kills the server, never the machine: what it wrote need not be waited for until it is on the disk."""


@contextmanager
def private_mariadb(folder: Path, run: Path) -> Iterator[Path]:
    """Start one with its data in *folder* and its socket in *run*; both are made. Gives the socket's path.

    Its administrator is the caller (root: root), known by the socket. As a fresh server does, it grants everybody
    the database ``test``. *run* can be entered by all users, and its parents must allow that too.
    """
    data = _prepared(folder, run)
    _install(data)
    _servers[run / SOCKET] = start(data, run)
    try:
        yield run / SOCKET
    finally:
        end(_servers.pop(run / SOCKET))


@contextmanager
def away(socket: Path) -> Iterator[None]:
    """Meanwhile the private server of that socket is dead, killed with SIGKILL; afterwards it is started anew."""
    data = Path(administer(socket, "SELECT @@datadir")[0][0])
    server = _servers[socket]
    server.kill()
    server.wait()
    try:
        yield
    finally:
        socket.unlink()
        _servers[socket] = start(data, socket.parent)


def administer(socket: Path, statement: str) -> Any:
    """The rows of one statement, said as the server's administrator."""
    connection = MySQLdb.connect(unix_socket=str(socket), user=administrator(), autocommit=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()  # type: ignore[no-untyped-call]


def start(data: Path, run: Path) -> subprocess.Popen[bytes]:
    """Start the server on *data* and wait until it answers on its socket. *end* it."""
    path = run / SOCKET
    places = [f"--datadir={data}", f"--socket={path}", f"--pid-file={data}/pid"]
    with (data.parent / "log").open("ab") as log:
        argv = ["mariadbd", "--no-defaults", *places, f"--user={runs_as()}", "--skip-networking", *SMALL]
        server = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={"PATH": _PATH})
    until = time.monotonic() + 20
    while not _answers(path):
        if server.poll() is not None or time.monotonic() > until:
            end(server)
            raise AssertionError(f"MariaDB does not start: {(data.parent / 'log').read_text()[-2000:]}")
        time.sleep(0.01)
    return server


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def runs_as() -> str:
    """An unprivileged account for the server: Debian's own where it is, else nobody; not as root, the caller."""
    if os.geteuid():
        return administrator()
    names = {account.pw_name for account in pwd.getpwall()}
    return "mysql" if "mysql" in names else "nobody"


def administrator() -> str:
    """The account that may do everything over the socket."""
    return pwd.getpwuid(os.geteuid()).pw_name


def _prepared(folder: Path, run: Path) -> Path:
    account = pwd.getpwnam(runs_as())
    data = folder / "data"
    for path, mode in ((folder, 0o755), (data, 0o700), (run, 0o755)):
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        os.chown(path, account.pw_uid, account.pw_gid)
    return data


def _install(data: Path) -> None:
    argv = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={runs_as()}", "--debug-no-sync"]
    root = ["--auth-root-authentication-method=socket", f"--auth-root-socket-user={administrator()}"]
    done = subprocess.run([*argv, *root, "--skip-name-resolve"], capture_output=True, env={"PATH": _PATH}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_servers: dict[Path, subprocess.Popen[bytes]] = {}
"""Those that run, by their sockets."""
