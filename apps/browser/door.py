"""The browser's own name: nothing else of the panel answers there, and it answers nowhere else.

Requests come from the front to the panel's web server, which looks at the cookie, at the panel's session behind it and
at its user's rights with each of them, and hands them on to the process's Unix socket. (The front could ask the panel
and connect by itself; but then its configuration would have to follow people's sessions, and its user could reach
every database that is open.) So a page of Adminer's, which is made in 4 ms, comes some 15 ms later; and to open one
takes 0.4 s, where a machine has four times the work that it has cores for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.timezone import now

from apps.browser import opening
from apps.browser.config import PAGE
from apps.browser.models import Browsing
from apps.browser.proxy import forward
from apps.operations.refusals import Missing
from frankenpanel.origins import panel_origin

COOKIE = "__Host-frankenpanel-browser"
ENTER = re.compile(r"/enter/([A-Za-z0-9_-]{43})")
OWN = ("same-origin", "none")
"""What a browser says of a request that no other name has caused."""
METHODS = ("GET", "HEAD", "POST")
NOTED_EVERY = 30
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


class BrowserDoor:
    """Goes before the panel's sessions: under this name there are none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = request.META.get("HTTP_HOST", "").partition(":")[0].lower()
        return answer(request) if name == settings.BROWSER_HOST else self.get_response(request)


def answer(request: HttpRequest) -> HttpResponseBase:
    """Another site's page may send somebody here, but neither read nor send anything in his name."""
    entry = ENTER.fullmatch(request.path)
    if request.method not in METHODS:
        return told(405, "This is not done here")
    if entry and request.method == "GET":
        return enter(entry[1])
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN:
        return told(403, "Open this from the panel")
    browsing = opening.current(request.COOKIES.get(COOKIE, ""))
    if browsing is None:
        return told(403, "This is not open any more")
    note_use(browsing)
    response = forward(request, browsing)
    if response is None:
        browsing.delete()  # a chore ends its process
        return told(200, "The database is closed")
    return response


def enter(secret: str) -> HttpResponse:
    """Give the cookie. A page of this name's own leads on: what came from another does not bring a strict cookie."""
    try:
        value = opening.enter(secret)
    except Missing as missing:
        return told(403, "This is not open any more", str(missing))
    response = told(200, "Opening the database", to=PAGE)
    response.set_cookie(COOKIE, value, path="/", secure=True, httponly=True, samesite="Strict")
    return response


def note_use(browsing: Browsing) -> None:
    """Each note is a write."""
    at = now()
    if browsing.seen_at is None or (at - browsing.seen_at).total_seconds() > NOTED_EVERY:
        Browsing.objects.filter(pk=browsing.pk).update(seen_at=at)


def told(status: int, title: str, text: str = "", to: str = "") -> HttpResponse:
    """A page of the panel's own under this name."""
    more = text or "Open the database on its site's page in the panel."
    context = {"title": title, "text": "" if to else more, "to": to, "panel": panel_origin()}
    return HttpResponse(render_to_string("browser/page.html", context), status=status, headers=HEADERS)
