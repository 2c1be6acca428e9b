"""A server that stands for a site's worker or for the panel: it answers with the request's headers as JSON."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        text = json.dumps({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "a test"


Server = TypeVar("Server", bound=socketserver.BaseServer)


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@contextmanager
def echo() -> Iterator[int]:
    """Answer on a free loopback port; gives the port."""
    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), _Echo)) as server:
        yield int(server.server_address[1])


@contextmanager
def echo_on(path: Path) -> Iterator[None]:
    """Answer on the Unix socket *path*."""
    server = _UnixServer(str(path), _Echo)
    path.chmod(0o666)
    with _serving(server):
        yield
    path.unlink()


@contextmanager
def _serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
