"""Pebble, Let's Encrypt's own authority for tests, and the DNS that it asks: built once from their Go modules.

    with running_pebble(http_port, https_port) as pebble:
        pebble.acme  # what the front is told of it

The cache holds both programs, in a folder that is named after their version.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from apps.domains.front import Acme
from apps.host.command import run
from apps.host.runtime.go import go_environment, provide_go
from apps.host.turns import one_at_a_time
from tests.parts.front import CACHE, free_port
from tests.parts.ground import open_folder
from tests.parts.pairs import a_pair

VERSION = "v2.10.3"
PROGRAMS = ("pebble", "pebble-challtestsrv")
READY_WITHIN = 20.0
QUICK = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}


@dataclass(frozen=True)
class Pebble:
    acme: Acme
    names: str
    """The address at which its DNS is told what names lead to."""
    log: Path

    def lead(self, host: str, address: str) -> None:
        """From now on *host* leads to *address*, as Pebble sees it; every other name leads to 127.0.0.1."""
        body = json.dumps({"host": f"{host}.", "addresses": [address]}).encode()
        urlopen(f"{self.names}/add-a", body, timeout=5).close()  # noqa: S310 - http, of this machine

    @property
    def orders(self) -> int:
        """How many certificates were asked of it."""
        return self.log.read_text().count("POST /order-plz")


@contextmanager
def running_pebble(http_port: int, https_port: int) -> Iterator[Pebble]:
    """It looks at *http_port* and *https_port* where an authority looks at 80 and 443."""
    folder = programs()
    with open_folder() as ground, ExitStack() as stack:
        dns, names, api, management = (free_port() for _ in range(4))
        certificate, key = a_pair("localhost")
        (ground / "key.pem").write_text(key)
        (ground / "chain.pem").write_text(certificate)
        (ground / "root.pem").write_text(certificate[certificate.rindex("-----BEGIN") :])
        told = {
            "listenAddress": f"127.0.0.1:{api}",
            "managementListenAddress": f"127.0.0.1:{management}",
            "certificate": str(ground / "chain.pem"),
            "privateKey": str(ground / "key.pem"),
            "httpPort": http_port,
            "tlsPort": https_port,
        }
        (ground / "pebble.json").write_text(json.dumps({"pebble": told}))
        log = ground / "pebble.log"
        without = [f"-{one}=" for one in ("http01", "https01", "tlsalpn01", "doh", "defaultIPv6")]
        resolver = [f"-dnsserver=127.0.0.1:{dns}", f"-config={ground / 'pebble.json'}"]
        stack.enter_context(
            _started(
                folder / PROGRAMS[1], log, *without, f"-dnsserver=127.0.0.1:{dns}", f"-management=127.0.0.1:{names}"
            )
        )
        stack.enter_context(_started(folder / PROGRAMS[0], log, *resolver))
        acme = Acme(f"https://localhost:{api}/dir", str(ground / "root.pem"), "host@example.com")
        _wait_for(acme)
        yield Pebble(acme, f"http://127.0.0.1:{names}", log)


def programs() -> Path:
    """The folder with both programs; a minute the first time on a machine, nothing after that."""
    folder = CACHE / "pebble" / VERSION
    with one_at_a_time(CACHE / "pebble.lock"):
        if not all((folder / program).exists() for program in PROGRAMS):
            go = provide_go(CACHE, os.environ, print)
            env = {**go_environment(CACHE, go, os.environ), "GOBIN": str(folder)}
            sources = [f"github.com/letsencrypt/pebble/v2/cmd/{program}@{VERSION}" for program in PROGRAMS]
            run([go, "install", *sources], env=env, timeout=600)
    return folder


@contextmanager
def _started(program: Path, log: Path, *words: str) -> Iterator[None]:
    argv = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", str(program), *words]
    with log.open("ab") as out, subprocess.Popen(argv, env=QUICK, cwd=log.parent, stdout=out, stderr=out) as process:
        try:
            yield
        finally:
            process.terminate()


def _wait_for(acme: Acme) -> None:
    until, trust = time.monotonic() + READY_WITHIN, ssl.create_default_context(cafile=acme.root)
    while True:
        try:
            urlopen(acme.directory, timeout=2, context=trust).close()  # noqa: S310 - https, of this machine
            return
        except OSError:
            assert time.monotonic() < until, "Pebble does not answer"
            time.sleep(0.05)
