"""When a session is over: half an hour after its last use, and in any case hours after the sign-in."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

IDLE = 30 * 60
NOTED_EVERY = 60
"""Seconds between two notes of a session's use: each is a write."""
SINCE, SEEN = "since", "seen"


class IdleMiddleware:
    """Ends a session that is over before anything asks whose it is. Goes between the session's and the user's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            self._look(request.session, by_itself="HX-Request" in request.headers)
        return self.get_response(request)

    def _look(self, session: Any, by_itself: bool) -> None:
        """A page that polls *by itself* is no sign of a person."""
        at = int(time.time())
        if SESSION_KEY not in session:
            return
        seen = session.setdefault(SEEN, at)
        if at - seen > IDLE or at - session.setdefault(SINCE, at) > settings.SESSION_COOKIE_AGE:
            session.flush()
        elif at - seen > NOTED_EVERY and not by_itself:
            session[SEEN] = at
