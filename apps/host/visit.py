"""Fetching a site's page from its worker, as the front would."""

from __future__ import annotations

from collections.abc import Collection
from http.client import HTTPConnection, HTTPException

from apps.host.errors import Refused, Unavailable
from apps.host.local_http import MARK

LIMIT = 2_000_000


def visit(port: int, host: str, path: str = "/", timeout: float = 30, statuses: Collection[int] = (200,)) -> str:
    """The body of ``http://127.0.0.1:port/path`` with *host* as its Host.

    Refused when the answer's status is none of *statuses*, Unavailable when there is none within *timeout* seconds.
    """
    status, body = fetch(port, host, path, timeout)
    if status not in statuses:
        raise Refused(f"The worker on port {port} answers {status} to a request for {host}{path}.")
    return body


def fetch(port: int, host: str, path: str = "/", timeout: float = 30) -> tuple[int, str]:
    """The same, whatever the answer: its status and its body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https", MARK: "1"})
        answer = connection.getresponse()
        body = answer.read(LIMIT).decode(errors="replace")
    except (OSError, HTTPException) as error:
        raise Unavailable(f"The worker on port {port} does not answer a request for {host}{path}: {error}.") from error
    finally:
        connection.close()
    return answer.status, body
