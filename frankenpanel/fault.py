"""The last answer: what went wrong outside of every view, told in a sentence and never with a traceback."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse

from apps.operations.telling import Fault, refusal_of
from frankenpanel.problems import retry, told_as_problem


def told(request: HttpRequest) -> HttpResponse:
    """503 where a part of the panel is away, as its database may be before a view is reached; else 500.

    Nothing is asked of the database here, so no page of the admin can be drawn.
    """
    error = sys.exc_info()[1]
    refusal = refusal_of(error) if isinstance(error, Exception) else Fault("The panel has a fault here.")
    if request.path_info.startswith("/api/"):
        return told_as_problem(refusal)
    return HttpResponse(
        f"{refusal}\n",
        content_type="text/plain; charset=utf-8",
        status=refusal.status,
        headers=dict(retry(refusal.status)),
    )
