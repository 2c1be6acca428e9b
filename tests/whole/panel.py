"""A whole panel of the tests' own on this machine: made, used and taken down through ``./panel``, as a person does."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection
from typing import Any

from apps.host import claims
from apps.host.services import Services
from apps.servers.local.instance import read_environment
from frankenpanel.places import Places

CODE = Path(__file__).resolve().parents[2]
OURS = ("FRANKENPANEL_", "DJANGO_", "PYTEST_", "PYTHONPATH", "DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY")
"""What the tests have in their environment and a person has not."""
ROOT = os.geteuid() == 0


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Panel:
    """The panel in *root*. ``panel("site", "list")`` is ``./panel site list``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.env |= {"FRANKENPANEL_ROOT": str(root), "COLUMNS": "200"}
        if cache := os.environ.get("FRANKENPANEL_CACHE"):
            self.env["FRANKENPANEL_CACHE"] = cache

    def __call__(self, *words: object, timeout: float = 300) -> Said:
        done = subprocess.run(
            self.argv(*words), env=self.env, cwd=CODE, capture_output=True, text=True, timeout=timeout, check=False
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def argv(self, *words: object) -> list[str]:
        return [str(CODE / "panel"), *map(str, words)]

    def done(self, *words: object) -> Said:
        """The same, and it must have succeeded."""
        said = self(*words)
        assert said.code == 0, said
        return said

    @property
    def kept(self) -> dict[str, str]:
        """What the first start chose."""
        return read_environment(self.root)

    @property
    def places(self) -> Places:
        kept = self.kept
        run, cache = Path(kept["FRANKENPANEL_RUN"]), Path(kept["FRANKENPANEL_CACHE"])
        return Places(self.root, run, cache, kept["FRANKENPANEL_INSTANCE"])

    @property
    def https(self) -> int:
        return int(self.kept["FRANKENPANEL_HTTPS_PORT"])

    @property
    def site_ports(self) -> range:
        first, last = self.kept["FRANKENPANEL_SITE_PORTS"].split("-")
        return range(int(first), int(last) + 1)

    @property
    def services(self) -> Services:
        """supervisord, which keeps its servers up."""
        return Services(self.places, CODE)

    def pid(self, server: str) -> int:
        return self.services.process(server).pid

    def ask(
        self, host: str, path: str, method: str = "GET", body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request to the front over TLS, which must be signed by the panel's own authority."""
        text = None if body is None else json.dumps(body)
        told = {"Host": f"{host}:{self.https}", **({"Content-Type": "application/json"} if text else {})}
        trusted = ssl.create_default_context(cafile=str(self.places.internal_ca))
        connection = HTTPConnection(host, timeout=90)
        plain = create_connection(("127.0.0.1", self.https), 90)
        connection.sock = trusted.wrap_socket(plain, server_hostname=host)
        try:
            connection.request(method, path, text, {**told, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace"))
        finally:
            connection.close()

    def users(self) -> list[str]:
        """The accounts that this panel has made."""
        stem = self.places.site_user(0).removesuffix("0")
        names = [account.pw_name for account in pwd.getpwall()]
        return [name for name in names if ROOT and (name.startswith(stem) or name == self.places.panel_user)]

    def processes(self) -> list[str]:
        """Every program that has to do with this root: by its user, its command line or its environment."""
        uids = {pwd.getpwnam(name).pw_uid for name in self.users()} if self.kept else set()
        return [command for entry in Path("/proc").glob("[0-9]*") if (command := self._program(entry, uids))]

    def _program(self, entry: Path, uids: set[int]) -> str:
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            told = (entry / "environ").read_bytes().split(b"\0")
            owner = entry.stat().st_uid
        except OSError:
            return ""  # it has just ended, or is another user's
        ours = f"FRANKENPANEL_ROOT={self.root}".encode() in told or owner in uids or f"{self.root}/" in command
        return f"{entry.name} {command}" if ours and int(entry.name) != os.getpid() else ""

    def remove(self) -> None:
        """Take down what runs, and everything that a panel leaves on a machine."""
        if self.kept:
            self("down")
            for name in self.users():
                subprocess.run(["userdel", "--force", name], check=True)
            shutil.rmtree(self.places.run, ignore_errors=True)
            claims.forget(self.places.cache, self.root)
        shutil.rmtree(self.root, ignore_errors=True)


@contextmanager
def a_panel(name: str = "") -> Iterator[Panel]:
    """A panel that has never been started. Nothing of it is left behind, and no process may be."""
    panel = Panel(Path(f"/var/tmp/fpw-{os.getpid()}{name}"))  # noqa: S108 - a root is made anew, and refused else
    try:
        yield panel
    finally:
        panel.remove()
    assert panel.processes() == []


def until(condition: Callable[[], object], seconds: float = 20.0, what: str = "it") -> float:
    """Wait for *condition* to be true, and return the seconds that it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, f"{what} did not come about within {seconds:g} seconds"
        time.sleep(0.02)
    return time.monotonic() - begun
