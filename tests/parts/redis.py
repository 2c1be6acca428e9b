"""A private, real Redis for a test: a port on loopback, a password, nothing kept."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from urllib.parse import quote

import redis

PASSWORD = "broker's own @ words"


@dataclass
class Redis:
    port: int
    limit: str = "64mb"
    """Beyond it, it refuses to write."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """For ``CELERY_BROKER_URL``."""
        return f"redis://:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, password=PASSWORD, socket_timeout=5)

    def start(self) -> None:
        """Start it, and wait until it answers. Its password comes from no argument: everybody can read those."""
        facts = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": f'"{PASSWORD}"',
            "save": '""',
            "appendonly": "no",
            "maxmemory": self.limit,
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        argv = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "redis-server", "-"]
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd="/", start_new_session=True
        )
        assert self.process.stdin
        with self.process.stdin as words:
            words.write("".join(f"{name} {value}\n" for name, value in facts.items()).encode())
        until = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, "Redis has ended"
            assert time.monotonic() < until, "Redis does not answer"
            time.sleep(0.01)

    def stop(self) -> None:
        """Kill it: all that it held is lost."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.ConnectionError:
            return False
