"""The question that shows that PHP answers in one certain worker: a request to the panel's own script.

A port that opens, or an answer without PHP, proves nothing: several processes may share a port, and PHP may hang.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

SECONDS = 0.7
LIMIT = 4096
REQUEST = b"GET /.frankenpanel/php HTTP/1.0\r\nHost: localhost\r\n\r\n"
MARK = "FRANKENPANEL_CONFIG"


@dataclass(frozen=True)
class Answer:
    """Which site's worker answers, of which start, with which configuration."""

    site: str
    token: str
    config: str


def ask(port: int, seconds: float = SECONDS, address: str = "127.0.0.1") -> Answer | None:
    """Ask once. None when nothing or something else comes back within *seconds*."""
    try:
        head, _, body = _exchange(address, port, seconds).decode("latin-1").partition("\r\n\r\n")
    except OSError:
        return None  # nobody there, or no answer in time
    status, *headers = head.split("\r\n")
    site, _, token = body.partition(" ")
    if status.split(" ")[1:2] != ["200"] or not token:
        return None
    marks = (value.strip() for name, _, value in (line.partition(":") for line in headers) if name == "X-Worker-Config")
    return Answer(site, token, next(marks, ""))


def mark(config: Path) -> str:
    """What a worker that runs this configuration answers as its ``config``; empty when that is not told."""
    return _find(json.loads(config.read_bytes()))


def _exchange(address: str, port: int, seconds: float) -> bytes:
    """The whole answer, as far as it is not too long. OSError when it is not there in time."""
    until = monotonic() + seconds
    received = b""
    with socket.create_connection((address, port), timeout=seconds) as connection:
        connection.sendall(REQUEST)
        while len(received) < LIMIT:
            connection.settimeout(max(until - monotonic(), 0.001))
            part = connection.recv(LIMIT)
            if not part:
                break
            received += part
    return received


def _find(value: Any) -> str:
    if isinstance(value, dict):
        return str(value[MARK]) if MARK in value else _first(value.values())
    return _first(value) if isinstance(value, list) else ""


def _first(values: Any) -> str:
    return next(filter(None, map(_find, values)), "")
