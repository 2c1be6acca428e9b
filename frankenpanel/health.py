"""Whether this process serves."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


@require_safe
def up(request: HttpRequest) -> HttpResponse:
    """``up`` when the panel and its own database answer, else 503. For whoever asks: it tells nothing more."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("the panel's own database does not answer")
        return HttpResponse("the database does not answer\n", "text/plain", 503)
    return HttpResponse("up\n", "text/plain")
