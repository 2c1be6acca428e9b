"""A webhook's other side on loopback: it keeps what it is told, and answers what a test says."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hook:
    """*told*: each request's path, headers and body. *status* and *headers*: the answer. *slow*: seconds a byte."""

    port: int = 0
    told: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    slow: float = 0.0

    def said(self, number: int = -1) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.told[number][2])
        return found


class Server(ThreadingHTTPServer):
    kept: Hook


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        kept = self.server.kept
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kept.told.append((self.path, dict(self.headers), body))
        if kept.slow:
            self._drip(b"HTTP/1.0 200 OK\r\nX: " + b"x" * 1000, kept.slow)
            return
        self.send_response(kept.status)
        for name, value in kept.headers.items():
            self.send_header(name, value)
        self.end_headers()

    do_GET = do_POST  # noqa: N815 - http.server's name

    def _drip(self, answer: bytes, pause: float) -> None:
        try:
            for letter in answer:
                self.wfile.write(bytes([letter]))
                time.sleep(pause)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Not into the tests' output."""


@contextmanager
def hook(tls: ssl.SSLContext | None = None) -> Iterator[Hook]:
    server = Server(("127.0.0.1", 0), Handler)
    server.kept = Hook(server.server_address[1])
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.kept
    finally:
        server.shutdown()
        server.server_close()
