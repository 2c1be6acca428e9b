"""A request on its way to the process in which somebody browses, and its answer on the way back.

Only what is named here passes, either way: no cookie of the panel's or of Adminer's, and no address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from threading import BoundedSemaphore
from typing import IO, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from apps.browser.config import PAGE
from apps.browser.models import Browsing
from apps.host.unix_http import UnixConnection

TURNS = BoundedSemaphore(2)
"""For each process of the web: half of its threads."""
WAITS, ANSWERS_IN = 10.0, 60.0
"""Seconds for a turn, and for the next piece of an answer."""
CHUNK = 1 << 16
THERE = ("Accept", "Accept-Language", "Content-Type", "X-Requested-With")
BACK = ("Content-Type", "Content-Disposition", "Content-Security-Policy", "Last-Modified", "ETag")
WITHIN = re.compile(rf"({PAGE})?(\?[^\r\n]*)?")
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Holds beside Adminer's own, which lets no script run without the word that it has made for the page."""
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ENDED = "X-Browser-Ended"
NOT_THERE = "This database cannot be reached just now. Try again; if that does not help, open it anew in the panel."


class Piecewise:
    """An answer as it comes. To close it is to break it off."""

    def __init__(self, answer: HTTPResponse, connection: UnixConnection) -> None:
        self._answer, self._connection = answer, connection

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._answer.read1(CHUNK):
            yield piece

    def close(self) -> None:
        self._connection.close()
        TURNS.release()


def forward(request: HttpRequest, browsing: Browsing) -> HttpResponseBase | None:
    """The process's answer; None once its visitor has logged out there."""
    if not TURNS.acquire(timeout=WAITS):
        return _plain(503, "Other pages of databases are being made; try again in a moment.")
    connection = UnixConnection(settings.PLACES.browser_socket(browsing.pk), ANSWERS_IN)
    try:
        answer = _ask(request, connection)
    except (OSError, HTTPException):
        connection.close()
        TURNS.release()
        return _plain(502, NOT_THERE)
    pieces = Piecewise(answer, connection)
    if answer.headers.get(ENDED):
        pieces.close()
        return None
    return StreamingHttpResponse(pieces, status=answer.status, headers=_back(request, answer))


def _ask(request: HttpRequest, connection: UnixConnection) -> HTTPResponse:
    headers = {name: request.headers[name] for name in THERE if name in request.headers}
    body = None
    if request.method == "POST":
        length = request.META.get("CONTENT_LENGTH") or "0"
        body, headers["Content-Length"] = cast("IO[bytes]", request), length if length.isdigit() else "0"
    connection.request(request.method or "GET", request.get_full_path(), body=body, headers=headers)
    return connection.getresponse()


def _back(request: HttpRequest, answer: HTTPResponse) -> dict[str, str]:
    headers = {name: value for name in BACK if (value := answer.headers.get(name))}
    policies = [POLICY, *answer.headers.get_all("Content-Security-Policy", [])]
    location = answer.headers.get("Location", "")
    if location and WITHIN.fullmatch(location):
        headers["Location"] = location
    lasts = "no-store" if request.path == PAGE else "private, max-age=3600"
    return {**headers, **HEADERS, "Content-Security-Policy": ", ".join(policies), "Cache-Control": lasts}


def _plain(status: int, text: str) -> HttpResponse:
    told = {**HEADERS, "Cache-Control": "no-store", "Retry-After": "5"}
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=told)
