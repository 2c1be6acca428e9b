"""A server without runners: its operations are accepted, and nobody carries them out."""

from __future__ import annotations

from django.conf import settings

from apps.servers.models import Runtime, Server

SERVER = "quiet"
LAST_PORT = 39_999


def quiet_server() -> Server:
    """With ports of its own for every benchmark, and the FrankenPHP of this machine."""
    server, new = Server.objects.get_or_create(name=SERVER, defaults={"last_port": LAST_PORT})
    if new:
        first = Runtime.objects.filter(server__name=settings.SERVER).values().first()
        assert first
        Runtime.objects.create(**{**first, "id": None, "server_id": server.pk})
    return server
