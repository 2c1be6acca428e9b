"""A site's worker of the tests' own: its folders, its user and its configuration, all real."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from shutil import copytree
from typing import Any

from django.conf import settings

from apps.host.command import Identity
from apps.host.processes import living_of
from apps.host.supervisor import Worker, find, ports
from apps.host.supervisor.pidfile import PidFileSupervisor
from apps.host.supervisor.processes import Process
from apps.sites.kinds.base import Rules
from apps.workers.config import WorkerFacts, worker_config
from frankenpanel.places import Places
from tests.parts.ground import open_folder

ROOT = os.geteuid() == 0
SCRIPTS = Path(__file__).parents[2] / "templates" / "worker"
SUPERVISOR = PidFileSupervisor()
PLAIN = Rules()
UIDS = count(800_000 + os.getpid() % 1000 * 1000)
"""One for each site: what was killed counts against its user's limit until init has taken note."""


@dataclass
class Place:
    """One site. *facts* are what its configuration was last written from."""

    places: Places
    facts: WorkerFacts
    worker: Worker

    @property
    def public(self) -> Path:
        return self.places.site(self.facts.slug) / self.facts.rules.document_root

    def put(self, name: str, text: str) -> None:
        file = self.public / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def configure(self, **changes: Any) -> None:
        self.facts = replace(self.facts, **changes)
        self.worker.config.write_text(json.dumps(worker_config(self.facts)))

    def start(self) -> Process:
        SUPERVISOR.start(self.worker)
        return self.server()

    def stop(self) -> None:
        SUPERVISOR.stop(self.worker)

    def server(self) -> Process:
        found = find.server(self.worker)
        assert found is not None
        return found

    def get(self, path: str, *headers: str, seconds: float = 20) -> tuple[int, str]:
        """A request straight to the worker: status and body."""
        return get(self.worker.port, path, *headers, seconds=seconds)

    def assert_nothing_runs(self) -> None:
        assert find.server(self.worker) is None
        assert find.leftovers(self.worker) == set()
        assert ports.port_holder(self.worker.port) is None
        assert not self.worker.pid_file.exists()
        if ROOT:
            assert living_of(self.worker.identity.uid) == []


@contextmanager
def worker_place(rules: Rules = PLAIN) -> Iterator[Place]:
    """A site that could be started, and that is stopped afterwards."""
    with open_folder() as folder:
        places = Places(folder, folder / "run", settings.PLACES.cache, "test")
        owner = Identity("site", next(UIDS), 0)
        owner = replace(owner, gid=owner.uid) if ROOT else Identity("me", os.geteuid(), os.getegid())
        facts = WorkerFacts(7, "shop", free_port(), 7443, places, rules)
        _lay(places, facts, owner)
        place = Place(places, facts, _worker(places, facts, owner))
        place.configure()
        place.put("index.php", "<?php echo 'hello from ', getmypid();")
        try:
            yield place
        finally:
            SUPERVISOR.stop(replace(place.worker, grace=1.0))
            place.assert_nothing_runs()


def _worker(places: Places, facts: WorkerFacts, owner: Identity) -> Worker:
    return Worker(
        site_id=facts.site_id,
        slug=facts.slug,
        port=facts.port,
        identity=owner,
        binary=Path(settings.FRANKENPHP),
        config=places.worker_config(facts.site_id),
        listen=places.worker_listen(facts.site_id),
        log=places.worker_log(facts.slug),
        pid_file=places.worker_pid(facts.site_id),
        lock_file=places.worker_lock(facts.site_id),
        grace=15.0,
    )


def _lay(places: Places, facts: WorkerFacts, owner: Identity) -> None:
    site = places.site(facts.slug)
    for folder in (places.runtime(facts.site_id), places.probe, site, places.logs(facts.slug)):
        folder.mkdir(parents=True)
    copytree(SCRIPTS, places.probe, dirs_exist_ok=True)
    owned = (site / facts.rules.document_root, site / "tmp", site / "tmp" / "sessions")
    for folder in (*owned, places.site_logs(facts.slug), places.worker_socket_dir(facts.site_id)):
        folder.mkdir(parents=True, mode=0o750)
        os.chown(folder, owner.uid, owner.gid)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def get(port: int, path: str, *headers: str, seconds: float = 20) -> tuple[int, str]:
    request = "\r\n".join((f"GET {path} HTTP/1.0", "Host: shop.test", *headers, "", ""))
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.decode().partition("\r\n\r\n")
    return int(head.split(" ")[1]), body


def wait_for(what: Callable[[], object], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.01)
