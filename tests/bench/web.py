"""The panel's web server, asked over its Unix socket as the front asks it."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.host.command import Identity
from apps.servers.local.prepare import environment
from apps.servers.local.programs import services
from tests.bench.private import Panel
from tests.bench.waiting import ending, until


class Web:
    """One kept connection, as the front keeps them. *token* goes with every request, where there is one."""

    def __init__(self, path: Path, token: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.headers = {"Host": settings.PANEL_HOST, "X-Forwarded-Proto": "https", **(headers or {})}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"
        self._connection = http.client.HTTPConnection(settings.PANEL_HOST, timeout=60)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, str]:
        """Status and body of the answer. *body* goes as JSON."""
        content = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, **({"Content-Type": "application/json"} if content else {})}
        try:
            return self._exchange(method, path, content, headers)
        except (ConnectionResetError, BrokenPipeError):
            self._connection.close()  # gunicorn closes one that was quiet for two seconds, unread
            return self._exchange(method, path, content, headers)

    def _exchange(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> tuple[int, str]:
        if self._connection.sock is None:
            self._connection.sock = socket.socket(socket.AF_UNIX)
            self._connection.sock.settimeout(60)
            self._connection.sock.connect(str(self.path))
        self._connection.request(method, path, content, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")


@contextmanager
def gunicorn(panel: Panel, env: Mapping[str, str]) -> Iterator[Path]:
    """The panel's own, beside it, on another socket, as the panel's user. Gives the socket."""
    user = panel.identity
    web = next(
        service
        for service in services(Path(settings.FRANKENPHP), user, separate=panel.instance.separate)
        if service.name == "web"
    )
    path = panel.places.run / "panel" / "bench.sock"
    argv = [f"unix:{path}" if str(word).startswith("unix:") else str(word) for word in web.argv]
    log = panel.places.root / "bench-web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, cwd=panel.code, env={**environment(), **web.env, **env}, stdout=output, stderr=output,
            **_as(user, separate=panel.instance.separate),
        )  # fmt: skip
    with ending(process):
        until(partial(_answers, path, log, process), f"gunicorn does not answer: {log}")
        yield path


def _as(user: Identity, *, separate: bool) -> dict[str, Any]:
    return {"user": user.uid, "group": user.gid, "extra_groups": []} if separate else {}


def _answers(path: Path, log: Path, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, log.read_text()[-2000:]
    if not path.exists():
        return False
    try:
        return Web(path).ask("GET", "/api/v1/")[0] < 500
    except ConnectionRefusedError:
        return False
