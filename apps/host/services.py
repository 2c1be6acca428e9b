"""The panel's own servers under supervisord: its configuration, and talking to it over its Unix socket.

supervisord starts a dead server again, and takes all of them down with it when it ends.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shlex
import socket
import sys
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.host.command import run
from apps.host.errors import Refused, Unavailable
from frankenpanel.environment import ADDRESSES
from frankenpanel.places import Places

STARTED, STARTING, DEAD = "RUNNING", "STARTING", ("FATAL", "EXITED")
ENDS = 60.0
"""Seconds in which supervisord itself must be gone once all its servers are."""


@dataclass(frozen=True)
class Service:
    """A server that supervisord keeps up.

    They start in the order of their *priority* and stop in the reverse. *user* is empty for the caller's own.
    With *bare* the program gets no environment but *env*; else the panel's settings too. *grace* in seconds.
    """

    name: str
    argv: Sequence[str | Path]
    priority: int
    user: str = ""
    bare: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    grace: int = 15


@dataclass(frozen=True)
class Process:
    """How supervisord sees a server. *since* in seconds of the clock; *error* is its last word on a failure."""

    name: str
    state: str
    pid: int
    since: int
    error: str


class Services:
    """supervisord of one panel. Its folder and socket are closed to everybody but who started it."""

    def __init__(self, places: Places, code: Path) -> None:
        self.folder = places.root / "supervisor"
        self.socket = places.run / "supervisor" / "supervisor.sock"
        self.config = self.folder / "supervisord.conf"
        self.code = code

    def start(self, services: Sequence[Service], env: Mapping[str, str]) -> None:
        """Start supervisord with *services*, none of them running yet; *env* is all that they inherit.

        It running already with the same services and addresses is no error; with others it is ended first.
        """
        text = self._config(services, env)
        if self.running():
            if self.config.read_text() == text:
                return
            self.end()
        self.config.write_text(text)
        self.socket.unlink(missing_ok=True)  # one that was killed leaves it, and a new one takes long to see that
        run([sys.executable, "-m", "supervisor.supervisord", "-c", self.config], env=env)
        until = time.monotonic() + ENDS
        while not self.running():
            if time.monotonic() > until:
                raise Refused(f"supervisord does not answer; see {self.folder / 'supervisord.log'}.")
            time.sleep(0.02)

    def running(self) -> bool:
        """Whether supervisord answers."""
        try:
            self._ask().supervisor.getState()
        except OSError:
            return False
        return True

    def up(self, name: str) -> None:
        """Start one server, and wait until supervisord takes it for started. Running already is no error."""
        if self.process(name).state not in (STARTED, STARTING):
            self._ask().supervisor.startProcess(name, False)

    def down(self, names: Sequence[str]) -> None:
        """Stop these servers, all at once, and wait for their end. Not running is no error."""
        for name in names:
            if self.process(name).pid:
                self._ask().supervisor.stopProcess(name, False)
        while any(self.process(name).pid for name in names):  # each has its grace, and then it is killed
            time.sleep(0.02)

    def end(self) -> None:
        """Stop every server, all at once, and supervisord itself. Not running is no error."""
        if not self.running():
            return
        self.down([process.name for process in self.processes()])  # its own way of doing so takes seconds longer
        pid = self._ask().supervisor.getPID()
        self._ask().supervisor.shutdown()
        until = time.monotonic() + ENDS
        while Path(f"/proc/{pid}").exists():
            if time.monotonic() > until:
                raise Unavailable(f"supervisord (pid {pid}) does not end; what does it wait for?")
            time.sleep(0.02)

    def processes(self) -> list[Process]:
        """All servers in their order; none when supervisord does not run."""
        if not self.running():
            return []
        return [_process(found) for found in self._ask().supervisor.getAllProcessInfo()]

    def process(self, name: str) -> Process:
        return _process(self._ask().supervisor.getProcessInfo(name))

    def log(self, name: str) -> Path:
        """What the server prints."""
        return self.folder / f"{name}.log"

    def _ask(self) -> Any:
        return xmlrpc.client.ServerProxy("http://supervisor", transport=_Transport(self.socket))

    def _config(self, services: Sequence[Service], env: Mapping[str, str]) -> str:
        head = f"""\
; addresses {_digest(env)}
[unix_http_server]
file = {self.socket}
chmod = 0700

[supervisord]
logfile = {self.folder}/supervisord.log
pidfile = {self.folder}/supervisord.pid
childlogdir = {self.folder}
directory = {self.code}
umask = 022
{self._root()}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
        return head + "".join(self._program(service) for service in services)

    def _root(self) -> str:
        """It warns of being root unless it is told so."""
        return "user = root\n" if os.geteuid() == 0 else ""

    def _program(self, service: Service) -> str:
        settings = {
            "command": _quoted(_command(service)),
            "directory": self.code,
            "priority": service.priority,
            "stopwaitsecs": service.grace,
            "autostart": "false",
            "autorestart": "true",
            "startsecs": 1,
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": self.log(service.name),
            "stdout_logfile_maxbytes": "5MB",
            "stdout_logfile_backups": 2,
            **({"user": service.user} if service.user else {}),
        }
        return f"\n[program:{service.name}]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())


def _command(service: Service) -> list[str]:
    """The server ends with supervisord, even when that is killed: nobody else would look after it."""
    env = [f"{name}={value}" for name, value in service.env.items()]
    clear = ["--ignore-environment"] if service.bare else []
    return ["setpriv", "--pdeathsig", "TERM", "--", "env", *clear, *env, *map(str, service.argv)]


def _digest(env: Mapping[str, str]) -> str:
    """Of the addresses that the servers were started with, which hold passwords."""
    return hashlib.sha256("\0".join(env.get(name, "") for name in ADDRESSES).encode()).hexdigest()


def _quoted(argv: list[str]) -> str:
    """As supervisord reads it: a percent sign would be taken for the name of a value."""
    return shlex.join(argv).replace("%", "%%")


def _process(found: Mapping[str, Any]) -> Process:
    return Process(found["name"], found["statename"], found["pid"], found["start"], found["spawnerr"])


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("supervisor", timeout=120)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class _Transport(xmlrpc.client.Transport):
    """XML-RPC over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _Connection(self.path)
