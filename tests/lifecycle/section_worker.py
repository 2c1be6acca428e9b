"""FrankenPHP Worker Lifecycle: what is seen outside of a worker's creation, start and stop."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from threading import Thread
from unittest.mock import patch

from django.conf import settings

from apps.host.errors import Unavailable
from apps.host.supervisor import find
from apps.host.supervisor.ending import KILL_TAKES
from apps.host.supervisor.processes import Process, process
from apps.host.supervisor.processes import ends_within as really_ends_within
from apps.host.visit import fetch
from apps.workers.roster import worker_of
from apps.workers.steps.running import ConfigureWorker
from tests.lifecycle.creation import drive_all
from tests.lifecycle.sections import Scene, Section, nothing
from tests.parts.pages import put_page
from tests.parts.worker import wait_for

PLACES = settings.PLACES


def pid_in_file(scene: Scene) -> int:
    return int(PLACES.worker_pid(scene.site.pk).read_text().split()[0])


def server_of(scene: Scene) -> Process | None:
    return find.server(worker_of(scene.again(), scene.host))


def log_of(scene: Scene) -> str:
    return PLACES.worker_log(scene.site.slug).read_text(errors="replace")


def operation_as_told(scene: Scene) -> str:
    body = json.loads(scene.answer.content)
    assert body["worker"]["site"] == scene.site.slug
    return str(scene.client.get(f"/api/v1/operations/{body['operation']['id']}/").json()["status"])


# 1. Worker Creation


def meddled_with(scene: Scene) -> None:
    """Somebody has changed the file, and closed it to its worker."""
    config = PLACES.worker_config(scene.site.pk)
    config.write_text(config.read_text().replace("256M", "64M"))
    config.chmod(0o600)


def configure(scene: Scene) -> None:
    address = f"/api/v1/workers/{scene.site.pk}/"
    scene.answer = scene.client.patch(address, "{}", content_type="application/json")
    drive_all(scene.host)


def the_configuration_is_of_this_site(scene: Scene) -> None:
    config = json.loads(PLACES.worker_config(scene.site.pk).read_text())
    server = config["apps"]["http"]["servers"]["site"]
    assert server["listen"] == [f"{{file.{PLACES.worker_listen(scene.site.pk)}}}:{scene.site.port}"]
    assert str(PLACES.public(scene.site.slug)) in json.dumps(server["routes"])
    assert config["apps"]["frankenphp"]["php_ini"]["memory_limit"] == "256M"


def the_seeds_name_leads_to_it(scene: Scene) -> None:
    link = settings.ROOT / "runtime" / f"worker_{scene.site.pk}.json"
    assert '"memory_limit": "256M"' in link.read_text()


def everybody_may_read_it(scene: Scene) -> None:
    link = settings.ROOT / "runtime" / f"worker_{scene.site.pk}.json"
    assert stat.S_IMODE(link.stat().st_mode) == 0o644


CREATION = Section(
    "FrankenPHP Worker Lifecycle / 1. Worker Creation",
    before=meddled_with,
    act=configure,
    facts={1: the_configuration_is_of_this_site, 2: the_seeds_name_leads_to_it, 3: everybody_may_read_it},
    carriers={
        1: ("apps.workers.steps", "worker_config", lambda facts: {"nothing": "that a worker takes"}),
        2: (ConfigureWorker, "do", nothing),
        3: ("apps.host.files.os", "fchmod", nothing),
    },
)


# 2. Worker Start


def at_rest(scene: Scene) -> None:
    scene.do(f"workers/{scene.site.pk}/stop/")
    assert server_of(scene) is None
    scene.notes["log"] = len(log_of(scene))


def start(scene: Scene) -> None:
    scene.do(f"workers/{scene.site.pk}/start/")


def it_runs_the_sites_configuration(scene: Scene) -> None:
    """The port and the root directory stand in there."""
    words = Path(f"/proc/{pid_in_file(scene)}/cmdline").read_text().split("\0")[:-1]
    assert words == [settings.FRANKENPHP, "run", "--config", str(PLACES.worker_config(scene.site.pk))]


def it_is_nobodys_child(scene: Scene) -> None:
    server = server_of(scene)
    assert server is not None
    assert (server.pid, server.parent != os.getpid()) == (server.session, True)


def what_it_says_is_in_its_log(scene: Scene) -> None:
    said = log_of(scene)[scene.notes["log"] :]
    assert "serving initial configuration" in said


def its_pid_is_in_the_file(scene: Scene) -> None:
    wanted = f"pid {pid_in_file(scene)} ({settings.FRANKENPHP})"
    assert scene.host.supervisor.port_holder(scene.site.port or 0) == wanted


def success_is_told(scene: Scene) -> None:
    assert operation_as_told(scene) == "done"
    assert scene.front.get("lines.localhost", "/").status == 200


def into_nowhere(worker: object) -> int:
    return os.open(os.devnull, os.O_WRONLY)


START = Section(
    "FrankenPHP Worker Lifecycle / 2. Worker Start",
    before=at_rest,
    act=start,
    facts={
        1: it_runs_the_sites_configuration,
        2: it_is_nobodys_child,
        3: what_it_says_is_in_its_log,
        4: its_pid_is_in_the_file,
        5: success_is_told,
    },
    carriers={
        1: ("apps.host.supervisor.launch", "command", nothing),
        2: ("apps.host.supervisor.pidfile", "launch", nothing),
        3: ("apps.host.supervisor.launch", "open_log", into_nowhere),
        4: ("apps.host.supervisor.record", "write", nothing),
        5: ("apps.operations.doors.http", "answer", nothing),
    },
)


# 3. Worker Stop

SLOW = "<?php touch(dirname(__DIR__) . '/tmp/begun'); usleep(1500000); echo 'in full';"
LEAVES = """<?php
$tmp = dirname(__DIR__) . '/tmp';
exec("setsid sh -c 'echo \\$\\$ > $tmp/orphan; exec sleep 600' > /dev/null 2>&1 &");
exec("setsid sh -c 'trap : TERM; echo \\$\\$ > $tmp/deaf; while :; do sleep 1; done' > /dev/null 2>&1 &");
while (!@filesize("$tmp/orphan") || !@filesize("$tmp/deaf")) {
    usleep(10000);
    clearstatcache();
}
"""


def at_work(scene: Scene) -> None:
    """It answers a slow request, and two of its programs have got away, one of which does not heed TERM."""
    put_page(scene.site, "slow.php", SLOW)
    put_page(scene.site, "leaves.php", LEAVES)
    assert fetch(scene.site.port or 0, "lines.localhost", "/leaves.php")[0] == 200
    scene.notes["process"] = process(pid_in_file(scene))
    for name in ("orphan", "deaf"):
        scene.notes[name] = process(int((PLACES.site(scene.site.slug) / "tmp" / name).read_text()))


def stop(scene: Scene) -> None:
    def ask() -> None:
        with suppress(Unavailable):
            scene.notes["answer"] = fetch(scene.site.port or 0, "lines.localhost", "/slow.php")

    visitor = Thread(target=ask)
    visitor.start()
    wait_for((PLACES.site(scene.site.slug) / "tmp" / "begun").exists)
    impatient = patch("apps.operations.patience.has_run_out", lambda operation: True)
    with impatient, patch("apps.host.supervisor.ending.KILL_TAKES", 1.0):
        scene.do(f"workers/{scene.site.pk}/stop/")
    visitor.join()


def is_gone(found: Process) -> bool:
    now = process(found.pid)
    return now is None or now.started != found.started


def who_the_pid_file_named_has_ended_as_told(scene: Scene) -> None:
    assert is_gone(scene.notes["process"])
    assert "SIGTERM" in log_of(scene)


def it_was_asked_to_end(scene: Scene) -> None:
    assert '"signal":"SIGTERM"' in log_of(scene)


def the_running_request_was_answered(scene: Scene) -> None:
    assert scene.notes["answer"] == (200, "in full")


def nothing_of_it_is_left(scene: Scene) -> None:
    assert is_gone(scene.notes["orphan"])
    assert scene.host.supervisor.port_holder(scene.site.port or 0) is None


def what_does_not_heed_is_killed(scene: Scene) -> None:
    assert is_gone(scene.notes["deaf"])


def the_pid_file_is_gone(scene: Scene) -> None:
    assert not PLACES.worker_pid(scene.site.pk).exists()


def the_stop_is_told_and_its_visitors_too(scene: Scene) -> None:
    assert operation_as_told(scene) == "done"
    answer = scene.front.get("lines.localhost", "/")
    assert (answer.status, "switched off" in answer.body) == (503, True)
    assert scene.again().status == "active"


def not_waiting(descriptor: int, seconds: float) -> bool:
    return really_ends_within(descriptor, seconds if seconds <= KILL_TAKES else 0)


STOP = Section(
    "FrankenPHP Worker Lifecycle / 3. Worker Stop",
    before=at_work,
    act=stop,
    facts={
        1: who_the_pid_file_named_has_ended_as_told,
        2: it_was_asked_to_end,
        3: the_running_request_was_answered,
        4: nothing_of_it_is_left,
        5: what_does_not_heed_is_killed,
        6: the_pid_file_is_gone,
        7: the_stop_is_told_and_its_visitors_too,
    },
    carriers={
        1: ("apps.host.supervisor.find", "server", nothing),
        2: ("apps.host.supervisor.pidfile", "end", nothing),
        3: ("apps.host.supervisor.ending", "ends_within", not_waiting),
        4: ("apps.host.supervisor.ending", "leftovers", lambda worker: set()),
        5: ("apps.host.supervisor.ending", "signal_process", nothing),
        6: ("apps.host.supervisor.record", "remove", nothing),
        7: ("apps.operations.doors.http", "answer", nothing),
    },
)
SECTIONS = (CREATION, START, STOP)
