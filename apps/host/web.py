"""Asking a web server: the standard proxy variables, a limit on the wait for an answer, and plain sentences.

Standard library only. Addresses come from the settings and the kinds, never from a tenant.
"""

from __future__ import annotations

import http.client
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

from apps.host.errors import HostError, Refused, Unavailable

STALL = 30
"""Seconds without a byte after which a connection counts as broken."""
LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
Result = TypeVar("Result")


class Broken(Unavailable):
    """The answer broke off on its way."""


class NoRange(Unavailable):
    """The server cannot go on from where the download stopped."""


@dataclass(frozen=True)
class Answer:
    """An answer of which the head has arrived. *length*: bytes that follow, None where nobody says."""

    url: str
    status: int
    tag: str
    length: int | None
    body: http.client.HTTPResponse

    def chunks(self, size: int) -> Iterator[bytes]:
        """The body. Raises Broken when it ends too early or stands still."""
        left = self.length
        while True:
            try:
                data = self.body.read(size)
            except (OSError, http.client.HTTPException) as error:
                raise Broken(f"The connection to {shown(self.url)} broke: {error}.") from error
            if not data:
                break
            left = None if left is None else left - len(data)
            yield data
        if left:
            raise Broken(f"{shown(self.url)} broke off with {left} bytes missing.")


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """An encrypted address never leads to an unencrypted one."""
        if req.type == "https" and not newurl.startswith("https:"):
            raise Refused(f"{shown(req.full_url)} leads to {shown(newurl)}, which is not encrypted.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def open_url(url: str, headers: Mapping[str, str], seconds: float) -> Iterator[Answer]:
    """GET *url*. Up to *seconds* for name, connection and the head of the answer together.

    Raises Unavailable when nobody answers or the server fails, Refused when it does not have the page or its
    certificate is not trusted, NoRange when it cannot answer the Range that was asked for.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "FrankenPanel", **headers})  # noqa: S310 - see _opener
    with _ask(request, seconds) as body:
        start = body.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
        if body.status == HTTPStatus.PARTIAL_CONTENT and headers.get("Range") != f"bytes={start}-":
            raise NoRange(f"{shown(url)} answered with another part than it was asked for.")
        yield Answer(url, body.status, _tag(body), body.length, body)


def read(url: str, limit: int = 65536, seconds: float = 5) -> bytes:
    """The page at *url*, which may have *limit* bytes. Errors as in open_url."""
    found = b""
    with open_url(url, {}, seconds) as answer:
        for data in answer.chunks(limit):
            found += data
            if len(found) > limit:
                raise Refused(f"{shown(url)} has more than {limit} bytes; is that the right address?")
    return found


def shown(url: str) -> str:
    """*url* for a message: without the user, password and query that may be secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _opener() -> urllib.request.OpenerDirector:
    """HTTP and HTTPS alone: what comes as a file: or ftp: address is not followed."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _ask(request: urllib.request.Request, seconds: float) -> http.client.HTTPResponse:
    try:
        answer: http.client.HTTPResponse = _within(seconds, lambda: _opener().open(request, timeout=STALL))
    except urllib.error.HTTPError as error:
        error.close()
        raise _refusal(request.full_url, error) from error
    except TimeoutError as error:
        raise Unavailable(f"{shown(request.full_url)} did not answer within {seconds:g} seconds.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        kind = Refused if isinstance(reason, ssl.SSLCertVerificationError) else Unavailable
        raise kind(f"{shown(request.full_url)} cannot be reached: {reason}.") from error
    return answer


def _refusal(url: str, error: urllib.error.HTTPError) -> HostError:
    if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return NoRange(f"{shown(url)} has no such part.")
    sentence = f"{shown(url)} answered {error.code} {error.reason}"
    if error.code in LATER or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(f"{sentence}; try again later.")
    return Refused(f"{sentence}; is that the right address?")


def _tag(body: http.client.HTTPResponse) -> str:
    """What If-Range may carry: a strong entity tag, else the date of the last change."""
    tag: str = body.headers.get("ETag", "")
    return tag if tag.startswith('"') else body.headers.get("Last-Modified", "")


def _within(seconds: float, act: Callable[[], Result]) -> Result:
    """*act* in a thread of its own: neither the name service nor a list of addresses heeds a time-out."""
    answer: Future[Result] = Future()

    def work() -> None:
        try:
            answer.set_result(act())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            answer.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return answer.result(timeout=seconds)
