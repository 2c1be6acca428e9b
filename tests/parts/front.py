"""A real front for a test: FrankenPHP's Caddy on free loopback ports, as an unprivileged user with no environment.

    with running_front(FrontSite(1, ("one.test",), "up", port)) as front:
        front.get("one.test", "/").status
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from apps.domains.caddyfile import FrontFacts, FrontSite, render
from apps.domains.front_pages import rendered_pages
from apps.host.caddy import Front
from apps.host.caddy_tls import served_certificate
from apps.host.errors import HostError
from frankenpanel.places import Places

CACHE = Path(os.environ.get("FRANKENPANEL_CACHE", "/var/cache/frankenpanel"))
UID = 61971  # nobody's on the machine: a number is enough to run as
STARTS_WITHIN = 90.0
"""Seconds: a certificate that is not to be had at once is tried for again after a minute."""


def lay_pages(places: Places) -> None:
    """What the front shows in a site's place."""
    places.pages.mkdir(parents=True, exist_ok=True)
    for name, text in rendered_pages():
        (places.pages / name).write_text(text)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


@dataclass
class RunningFront:
    facts: FrontFacts
    driver: Front
    process: subprocess.Popen[bytes] | None = None
    log: Path = field(default_factory=lambda: Path(os.devnull))

    def serve(self, *sites: FrontSite) -> None:
        """Load these sites in place of those before."""
        self.facts = replace(self.facts, sites=sites)
        self.driver.load(render(self.facts))
        self.wait_for_certificates()

    def get(
        self,
        host: str,
        path: str = "/",
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        sni: str = "",
        body: bytes | None = None,
    ) -> Answer:
        """One request over TLS, checked against the front's own authority; *sni* if it shall differ from *host*."""
        with self.connected() as plain, self.secured(plain, sni or host) as secure:
            return _ask(secure, host, path, method, {**(headers or {})}, body)

    def connected(self) -> socket.socket:
        """One who has not said anything yet."""
        plain = socket.create_connection(("127.0.0.1", self.facts.https_port), timeout=30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each waits 40 ms for nothing
        return plain

    def secured(self, plain: socket.socket, host: str) -> ssl.SSLSocket:
        trust = ssl.create_default_context(cafile=str(self.facts.places.internal_ca))
        return trust.wrap_socket(plain, server_hostname=host)

    def get_plain(self, host: str, path: str = "/") -> Answer:
        """One request over plain HTTP."""
        with socket.create_connection(("127.0.0.1", self.facts.http_port), timeout=30) as plain:
            return _ask(plain, f"{host}:{self.facts.http_port}", path, "GET", {}, None)

    def start(self) -> None:
        """Start from the rendered file, as the machine does after a reboot, and wait for the admin endpoint."""
        self.log = self.facts.places.root / "front.out"
        who = [f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--no-new-privs"] if os.geteuid() == 0 else []
        program = self.driver.command(self.facts.places.caddyfile, self.facts.sockets)
        argv = ["/usr/bin/setpriv", "--pdeathsig", "KILL", *who, "--", *program]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(argv, env={}, cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self._wait_for_admin()
        self.wait_for_certificates()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def wait_for_certificates(self) -> None:
        for host in [self.facts.panel_host, *(host for site in self.facts.sites for host in site.hosts)]:
            until = time.monotonic() + STARTS_WITHIN
            while served_certificate(host, self.facts.https_port) is None:
                assert time.monotonic() < until, f"no certificate for {host}"
                time.sleep(0.01)

    def _wait_for_admin(self) -> None:
        until = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                self.driver.current()
                return
            except HostError:
                if time.monotonic() > until or (self.process and self.process.poll() is not None):
                    raise AssertionError(f"the front did not start: {self.log.read_text()[-2000:]}") from None
                time.sleep(0.02)


@contextmanager
def prepared_front(*sites: FrontSite) -> Iterator[RunningFront]:
    """The folders and the rendered file of a front that is not started yet. Removed at the end."""
    root = Path(tempfile.mkdtemp(prefix="fpf-", dir="/var/tmp"))
    root.chmod(0o755)
    places = Places(root, root / "run", CACHE, "test")
    facts = FrontFacts(places, free_port(), free_port(), "panel.localhost", root / "run" / "panel.sock", sites)
    front = RunningFront(facts, Front(places.front_admin, frankenphp()))
    try:
        for folder in (places.caddy_storage, places.logs("front"), places.front_admin.parent):
            folder.mkdir(parents=True)
            folder.chmod(0o750)
            if os.geteuid() == 0:
                os.chown(folder, UID, UID)
        lay_pages(places)
        places.caddyfile.write_text(render(facts))
        yield front
    finally:
        front.stop()
        shutil.rmtree(root)


@contextmanager
def running_front(*sites: FrontSite, inherited: bool = False) -> Iterator[RunningFront]:
    with prepared_front(*sites) as front:
        front.facts = replace(front.facts, inherited=inherited)
        front.facts.places.caddyfile.write_text(render(front.facts))
        front.start()
        yield front


def frankenphp() -> Path:
    """The FrankenPHP of this machine."""
    found = os.environ.get("FRANKENPHP_BIN") or max(map(str, (CACHE / "frankenphp").glob("*/frankenphp")), default="")
    if not found:
        raise FileNotFoundError(f"no FrankenPHP in {CACHE}; './panel test' gets it")
    return Path(found)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _ask(
    connected: socket.socket, host: str, path: str, method: str, headers: Mapping[str, str], body: bytes | None
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1")
    connection.sock = connected
    connection.putrequest(method, path, skip_host=True)
    for name, value in {"Host": host, "Content-Length": str(len(body or b"")), **headers}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read().decode())
