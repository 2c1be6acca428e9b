"""The front: one Caddy before all sites, driven over its admin endpoint on a Unix socket.

A configuration is taken whole or not at all: while Caddy refuses one, the old one keeps serving.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.host import hand_over
from apps.host.caddy_routes import routes
from apps.host.errors import Refused, Unavailable

__all__ = ["Front", "routes"]
CADDYFILE, JSON = "text/caddyfile", "application/json"
LONGEST = 400  # characters of Caddy's message that a person gets to see


@dataclass(frozen=True)
class Front:
    """*admin_socket* belongs to the panel's user, mode 0660; *binary* is FrankenPHP, which is Caddy too."""

    admin_socket: Path
    binary: Path
    timeout: float = 60

    def command(self, caddyfile: Path, sockets: Sequence[str] = ()) -> list[str]:
        """The program that is the front, started with *caddyfile* (absolute). Its environment must be empty.

        *sockets* (``tcp:127.0.0.1:7080``) are opened first and handed over, where the file says that it inherits them.
        """
        own = [str(self.binary), "run", "--config", str(caddyfile), "--adapter", "caddyfile"]
        return [sys.executable, "-IS", hand_over.__file__, *sockets, "--", *own] if sockets else own

    @property
    def mark(self) -> str:
        """Which program it is: another one, or a newer one in its place, may read a file otherwise."""
        return f"{self.binary} {self.binary.stat().st_mtime_ns}"

    def adapt(self, caddyfile: str) -> dict[str, Any]:
        """The JSON that Caddy reads *caddyfile* as. Changes nothing.

        Refused with Caddy's message when it is no Caddyfile; Unavailable while the front does not answer.
        """
        answer: dict[str, Any] = json.loads(self._ask("POST", "/adapt", caddyfile))["result"]
        return answer

    def load(self, caddyfile: str, config: str = "") -> None:
        """Site Creation 14: serve *caddyfile* from now on. The one that is loaded already costs nothing.

        *config* is what ``adapt`` has given for it, as JSON: with that Caddy need not read it a second time.
        Requests that run are answered to their end. Refused when Caddy refuses it: the old one keeps serving.
        """
        self._ask("POST", "/load", config or caddyfile, JSON if config else CADDYFILE)

    def current(self) -> dict[str, Any]:
        """The JSON that the front serves now, empty when it has none."""
        return json.loads(self._ask("GET", "/config/")) or {}

    def _ask(self, method: str, path: str, text: str | None = None, form: str = CADDYFILE) -> bytes:
        body = None if text is None else text.encode()
        try:
            try:
                status, answer = self._exchange(method, path, body, form)
            except ConnectionResetError:  # a load makes Caddy's admin anew, and cuts off who is just asking
                status, answer = self._exchange(method, path, body, form)
        except PermissionError as error:
            raise Refused(f"This user may not use {self.admin_socket}; work as root or as the panel's user.") from error
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable("The front (Caddy) does not answer; './panel up' starts it again.") from error
        if status != http.client.OK:
            raise Refused(
                f"Caddy refuses the front's configuration: {_message(answer).rstrip('.')}."
                " It serves the old one on; correct what it names and try again."
            )
        return answer

    def _exchange(self, method: str, path: str, body: bytes | None, form: str) -> tuple[int, bytes]:
        """Each of the questions may be asked twice: a configuration that is loaded already costs nothing."""
        connection = _Connection(self.admin_socket, self.timeout)
        try:
            connection.request(method, path, body, {"Content-Type": form})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("127.0.0.1", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _message(answer: bytes) -> str:
    text = answer.decode(errors="replace")
    try:
        text = str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text[:LONGEST]
    return text[:LONGEST]
