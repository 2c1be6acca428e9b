from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.host.errors import Refused
from apps.host.memory import descendants, memory_of
from apps.host.services import STARTED, Service, Services
from frankenpanel.places import Places

pytestmark = pytest.mark.host
SHELL = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"]


@pytest.fixture
def places() -> Iterator[Places]:
    root = Path(tempfile.mkdtemp(prefix="fpt-s-", dir="/var/tmp"))
    root.chmod(0o755)
    (root / "supervisor").mkdir(mode=0o700)
    (root / "run" / "supervisor").mkdir(parents=True, mode=0o700)
    yield Places(root, root / "run", root, "0000")
    shutil.rmtree(root)


@pytest.fixture
def services(places: Places) -> Iterator[Services]:
    found = Services(places, places.root)
    yield found
    found.end()


def until(fact: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end
        time.sleep(0.02)


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_servers_start_when_they_are_told_to_and_end_with_all_others(services: Services) -> None:
    services.start([Service("one", SHELL, 1), Service("two", SHELL, 2)], {})
    assert [(one.name, one.pid) for one in services.processes()] == [("one", 0), ("two", 0)]
    services.up("one")
    services.up("one")
    until(lambda: services.process("one").state == STARTED)
    services.up("two")
    pids = [one.pid for one in services.processes()]
    services.end()
    assert all(gone(pid) for pid in pids)
    assert not services.running() and services.processes() == []
    services.end()


def test_starting_it_again_with_the_same_servers_leaves_them_alone_and_with_others_replaces_them(
    services: Services,
) -> None:
    services.start([Service("one", SHELL, 1)], {})
    services.up("one")
    pid = services.process("one").pid
    services.start([Service("one", SHELL, 1)], {})
    assert services.process("one").pid == pid
    services.start([Service("one", SHELL, 1, grace=3)], {})
    assert gone(pid) and services.process("one").pid == 0


def test_servers_can_be_stopped_while_others_run(services: Services) -> None:
    services.start([Service(name, SHELL, 1) for name in ("one", "two", "three")], {})
    for name in ("one", "two", "three"):
        services.up(name)
    services.down(["one", "three"])
    assert [bool(services.process(name).pid) for name in ("one", "two", "three")] == [False, True, False]
    services.down(["one"])


def test_a_server_that_is_killed_is_started_again(services: Services) -> None:
    services.start([Service("one", SHELL, 1)], {})
    services.up("one")
    until(lambda: services.process("one").state == STARTED)
    pid = services.process("one").pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: services.process("one").pid not in (0, pid))


def test_when_supervisord_is_killed_its_servers_end_and_it_can_be_started_again(services: Services) -> None:
    services.start([Service("one", SHELL, 1)], {})
    services.up("one")
    until(lambda: services.process("one").state == STARTED)
    pid = services.process("one").pid
    os.kill(int((services.folder / "supervisord.pid").read_text()), signal.SIGKILL)
    until(lambda: gone(pid))
    assert not services.running()
    services.start([Service("one", SHELL, 1)], {})
    assert services.running()


def test_a_bare_server_gets_no_environment_but_its_own(services: Services) -> None:
    env = {"SECRET_KEY": "hidden", "PATH": os.environ["PATH"]}
    printing = ["sh", "-c", "env; exec sleep 60"]
    bare_one = Service("bare", printing, 1, bare=True, env={"HOME": "/x %d"})
    services.start([bare_one, Service("full", printing, 2, env={"A": "b"})], env)
    for name in ("bare", "full"):
        services.up(name)
        until(lambda name=name: "PWD" in services.log(name).read_text())  # type: ignore[misc]
    bare = set(services.log("bare").read_text().splitlines())
    assert {line.partition("=")[0] for line in bare} <= {"HOME", "PWD", "SHLVL", "_", "OLDPWD", "PATH"}
    assert "HOME=/x %d" in bare
    full = services.log("full").read_text().splitlines()
    assert "SECRET_KEY=hidden" in full and "A=b" in full


def test_what_a_server_says_as_it_dies_is_in_its_log(services: Services) -> None:
    services.start([Service("one", ["sh", "-c", "echo no port; exit 3"], 1)], {})
    services.up("one")
    until(lambda: services.process("one").state == "FATAL", 30)
    assert "no port" in services.log("one").read_text()


def test_the_socket_and_the_configuration_are_closed_to_others(services: Services) -> None:
    services.start([], {})
    assert services.socket.stat().st_mode & 0o077 == 0
    assert services.folder.stat().st_mode & 0o077 == 0


def test_a_supervisord_that_cannot_start_is_a_sentence(services: Services) -> None:
    services.folder.rmdir()
    services.folder.write_text("a file")
    with pytest.raises((Refused, NotADirectoryError)):
        services.start([], {})
    services.folder.unlink()
    services.folder.mkdir()


def test_memory_counts_a_process_and_all_below_it(services: Services) -> None:
    services.start([Service("one", ["sh", "-c", "trap 'kill 0' TERM; sleep 60 & sleep 61 & wait"], 1)], {})
    services.up("one")
    pid = services.process("one").pid
    until(lambda: len(descendants(pid)) == 2)
    assert memory_of(pid) > memory_of(descendants(pid)[0]) > 0
    services.end()
    assert memory_of(pid) == 0
