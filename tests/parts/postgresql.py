"""A private, real PostgreSQL for a test: its own folder, a port on loopback, nothing left afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

PASSWORD = "panel's own @ words/ %41"
"""With what an address must write otherwise."""
QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}
"""Its files are thrown away, so that nothing need reach the disk. The process may die all the same."""
DURABLE = {
    **QUICK,
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "autovacuum": "on",
}
"""As Debian sets it up: a commit returns when it is on the disk."""
DEBIAN = Path("/usr/lib/postgresql")


@dataclass
class PostgreSQL:
    """*folder* holds its data, its log and, in ``run``, its socket."""

    folder: Path
    port: int
    settings: Mapping[str, str] = field(default_factory=QUICK.copy)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def install(self) -> None:
        """Make the first data, with the account ``panel`` and nobody else's."""
        owner = runs_as()
        for path, mode in ((self.folder, 0o755), (self.folder / "run", 0o755)):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(mode)
            os.chown(path, owner.pw_uid, owner.pw_gid)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as words:
            words.write(PASSWORD + "\n")
            words.flush()
            os.chown(words.name, owner.pw_uid, owner.pw_gid)
            cheap = ["--no-sync", "--locale=C.UTF-8", "--encoding=UTF8", "--no-instructions"]
            who = ["--auth=scram-sha-256", "--username=panel", f"--pwfile={words.name}"]
            done = self._run([program("initdb"), f"--pgdata={self.data}", *cheap, *who])
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        settings = {**self.settings, "port": str(self.port), "unix_socket_directories": str(self.folder / "run")}
        argv = [str(program("postgres")), "-D", str(self.data)]
        argv += [f"--{name}={value}" for name, value in settings.items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*as_owner(), *argv], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        until = time.monotonic() + 30
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < until, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.02)

    def stop(self) -> None:
        """At once and without a shutdown's checkpoint, as ``pg_ctl stop -m immediate``: the next start recovers."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(20)
            self.process = None

    def make(self, database: str) -> str:
        """Make an empty database. Returns its address, for ``DATABASE_URL``."""
        with psycopg.connect(self._facts(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        words = "".join(f"%{byte:02x}" for byte in PASSWORD.encode())
        return f"postgres://panel:{words}@127.0.0.1:{self.port}/{database}"

    def _facts(self) -> str:
        return make_conninfo("", host="127.0.0.1", port=self.port, user="panel", password=PASSWORD, dbname="postgres")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._facts(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, argv: list[str | Path]) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*as_owner(), *argv], cwd="/", capture_output=True, text=True, check=False, timeout=120)


def program(name: str) -> Path:
    """Of the newest PostgreSQL that Debian has installed: its servers are not in PATH."""
    found = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    other = shutil.which(name)
    assert found or other, f"{name} is missing; install Debian's package postgresql."
    return found[-1] if found else Path(str(other))


def runs_as() -> pwd.struct_passwd:
    """It refuses to be root."""
    return pwd.getpwuid(os.geteuid()) if os.geteuid() else pwd.getpwnam("nobody")


def as_owner() -> list[str]:
    if os.geteuid():
        return []
    owner = runs_as()
    who = [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    return ["/usr/bin/setpriv", "--pdeathsig", "KILL", *who, "--"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
