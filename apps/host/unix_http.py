"""HTTP over a Unix socket."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path


class UnixConnection(http.client.HTTPConnection):
    """Nobody but whom the socket's mode lets in. The *timeout*, in seconds, is for each wait."""

    def __init__(self, path: Path, timeout: float, host: str = "localhost") -> None:
        super().__init__(host, timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))
