"""The front, asked over TLS as a browser asks it, with its own authority trusted."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass

from django.conf import settings

from frankenpanel.places import Places


@dataclass(frozen=True)
class Page:
    status: int
    body: str


class Front:
    """Or another server with TLS on a *port* of this machine, if its certificate is in the file *authority*."""

    def __init__(self, places: Places, port: int = 0, authority: str = "") -> None:
        self.port = port or settings.HTTPS_PORT
        self.trust = ssl.create_default_context(cafile=authority or str(places.internal_ca))

    def get(self, host: str, path: str = "/") -> Page | None:
        """One request over a new connection; None when there is no answer, or nobody knows *host*."""
        try:
            return self.once(host, path)
        except (OSError, http.client.HTTPException):
            return None

    def once(self, host: str, path: str = "/") -> Page:
        """One request over a new connection. Raises what the connection or http.client raises."""
        connection = self.connect(host)
        try:
            return ask(connection, host, path)
        finally:
            connection.close()

    def connect(self, host: str) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.sock = self.shaken(host)
        return connection

    def shaken(self, host: str) -> ssl.SSLSocket:
        """A new connection after the handshake, for the address *host*."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as every browser has it: else 40 ms for nothing
        return self.trust.wrap_socket(plain, server_hostname=host)


def ask(connection: http.client.HTTPConnection, host: str, path: str = "/") -> Page:
    """A request as for the public address, wherever the connection leads."""
    connection.request("GET", path, headers={"Host": public(host)})
    answer = connection.getresponse()
    return Page(answer.status, answer.read().decode(errors="replace"))


def public(host: str) -> str:
    """*host* as it stands in an address that a browser shows."""
    return f"{host}:{settings.HTTPS_PORT}"
