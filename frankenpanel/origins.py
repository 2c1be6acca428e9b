"""The addresses under which a browser reaches the panel."""

from __future__ import annotations

from django.conf import settings

HTTPS = 443


def panel_origin() -> str:
    return _origin(settings.PANEL_HOST)


def browser_origin() -> str:
    """Of the database browser, which shares no cookie and no right with the panel."""
    return _origin(settings.BROWSER_HOST)


def _origin(host: str) -> str:
    return f"https://{host}" if settings.HTTPS_PORT == HTTPS else f"https://{host}:{settings.HTTPS_PORT}"
