"""The front takes over its sockets: what waits in them outlives a reload, and nobody shares its ports."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.domains.caddyfile import FrontSite, difference, render
from apps.host import hand_over
from apps.host.caddy import routes
from apps.host.errors import Refused
from tests.parts.echo import echo
from tests.parts.front import RunningFront, free_port, running_front

pytestmark = pytest.mark.host
SHOW = """
import os, socket
for number in (3, 4, 5):
    found = socket.socket(fileno=number)
    print(found.type.name, found.getsockname()[1])
print(sorted(os.environ), [name for name in os.listdir('/proc/self/fd') if int(name) > 6])
"""


@pytest.fixture(scope="module")
def front() -> Iterator[RunningFront]:
    with echo() as port, running_front(FrontSite(1, ("one.test",), "up", port), inherited=True) as running:
        yield running


def handed_over(*argv: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-IS", hand_over.__file__, *argv]
    return subprocess.run(command, env=env or {}, capture_output=True, text=True, timeout=20, check=False)


def test_the_program_gets_its_sockets_in_their_order_and_nothing_else() -> None:
    ports = [free_port() for _ in range(2)]
    addresses = [f"tcp:127.0.0.1:{ports[0]}", f"tcp:127.0.0.1:{ports[1]}", f"udp:127.0.0.1:{ports[1]}"]
    done = handed_over(*addresses, "--", sys.executable, "-IS", "-c", SHOW, env={"HOME": "/nowhere", "SECRET": "x"})
    lines = done.stdout.splitlines()
    assert lines[:3] == [f"SOCK_STREAM {ports[0]}", f"SOCK_STREAM {ports[1]}", f"SOCK_DGRAM {ports[1]}"], done.stderr
    assert lines[3] in ("['HOME'] []", "['HOME', 'LC_CTYPE'] []")  # the second one is that Python's own


def test_a_port_that_is_taken_is_said_and_the_program_is_not_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = handed_over(f"tcp:127.0.0.1:{taken.getsockname()[1]}", "--", "/bin/echo", "started")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Address already in use" in done.stderr


def test_a_front_serves_on_what_it_inherits_and_its_own_reading_says_so(front: RunningFront) -> None:
    assert front.get("one.test").status == 200
    assert front.get_plain("one.test").status == 308
    assert front.get_plain("unknown.test").status == 404
    config = front.driver.current()
    assert difference(front.facts, routes(config)) == ""
    servers = config["apps"]["http"]["servers"].values()
    assert sorted(one for server in servers for one in server.get("listen", [])) == ["fd/3", "fd/4", "fdgram/5"]


def test_http_3_is_offered_on_the_same_port(front: RunningFront) -> None:
    assert f'h3=":{front.facts.https_port}"' in front.get("one.test").headers["alt-svc"]


def test_its_environment_stays_empty(front: RunningFront) -> None:
    assert front.process is not None
    assert Path(f"/proc/{front.process.pid}/environ").read_bytes() == b""


def test_the_sockets_are_the_same_after_many_loads_and_a_refused_one(front: RunningFront) -> None:
    def inodes() -> list[str]:
        assert front.process is not None
        return [str(Path(f"/proc/{front.process.pid}/fd/{number}").readlink()) for number in (3, 4, 5)]

    before, port = inodes(), front.facts.sites[0].port
    for number in range(10):
        front.serve(FrontSite(1, ("one.test",), "up", port), FrontSite(2, (f"n{number}.test",), "stopped", 0))
        assert front.get("one.test").status == 200
    with pytest.raises(Refused):
        front.driver.load(f"{render(front.facts)}https://x.test {{\n\timport secure\n\ttls /nowhere/c /nowhere/k\n}}\n")
    assert front.get("one.test").status == 200
    assert inodes() == before


def test_who_has_connected_and_not_spoken_is_not_lost_by_a_load(front: RunningFront) -> None:
    """Accepted by the old configuration, he would be closed without a word."""
    port = front.facts.sites[0].port
    waiting = [front.connected() for _ in range(20)]
    time.sleep(0.2)
    front.serve(FrontSite(1, ("one.test",), "up", port), FrontSite(2, ("late.test",), "stopped", 0))
    for plain in waiting:
        with plain, front.secured(plain, "one.test") as secure:
            secure.sendall(b"GET / HTTP/1.1\r\nHost: one.test\r\n\r\n")
            assert secure.recv(12) == b"HTTP/1.1 200"


def test_a_block_for_another_port_is_seen_as_with_sockets_of_its_own(front: RunningFront) -> None:
    text = render(front.facts) + "http://victim.test:9 {\n\trespond x\n}\n"
    assert "victim.test would be" in difference(front.facts, routes(front.driver.adapt(text)))
