"""Asking the panel's own servers over HTTP: gunicorn on its Unix socket, the front over TLS on loopback."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from apps.host.errors import Unavailable

LIMIT = 2_000_000
MARK = "X-FrankenPanel-Visit"
"""A site's software may tell by this header that nobody looks at the page but the panel."""


@dataclass(frozen=True)
class Page:
    """An answer. *body* is cut after two million bytes."""

    status: int
    body: str


def ask_socket(socket_path: Path, host: str, timeout: float = 5, path: str = "/") -> Page:
    """GET *path* of the server on the Unix socket *socket_path*. Unavailable when it does not answer."""
    connection = http.client.HTTPConnection(host, timeout=timeout)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(timeout)
    try:
        connection.sock.connect(str(socket_path))
        return _get(connection, path, {"X-Forwarded-Proto": "https", MARK: "1"})
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"The server on {socket_path} does not answer: {error}.") from error
    finally:
        connection.close()


def ask_front(host: str, port: int, authority: Path, path: str = "/", timeout: float = 30) -> Page:
    """GET ``https://host:port/path`` from this machine's front, trusting the authority in the file *authority*.

    Unavailable when there is no answer, or a certificate that another authority signed.
    """
    name = host if port == http.client.HTTPS_PORT else f"{host}:{port}"
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        trusted = ssl.create_default_context(cafile=str(authority))
        plain = socket.create_connection(("127.0.0.1", port), timeout)
        connection.sock = trusted.wrap_socket(plain, server_hostname=host)
        return _get(connection, path, {"Host": name})
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"https://{name}{path} does not answer: {error}.") from error
    finally:
        connection.close()


def _get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> Page:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return Page(answer.status, answer.read(LIMIT).decode(errors="replace"))
