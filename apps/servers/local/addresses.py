"""The panel's database and broker, where they are not its own: looked at before a start, and remembered after it."""

from __future__ import annotations

import json
import os
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError

from apps.host.files import Files
from apps.operations.telling import Away, NoDatabase
from frankenpanel.celery import app
from frankenpanel.environment import ADDRESSES, kept_addresses

PATIENCE = 5
OWN = ("sqlite:", "folder:", "memory:")
"""Addresses of what the panel has itself, as without any."""


def outside() -> dict[str, str]:
    """``{DATABASE_URL CELERY_BROKER_URL}``: those that are not the panel's own, without who comes in and how."""
    found = {name: os.environ.get(name, "") for name in ADDRESSES}
    return {name: _place(address) for name, address in found.items() if address and not address.startswith(OWN)}


def must_answer() -> None:
    """Raises a refusal, in one sentence and without a password, when one of them cannot be used."""
    places = outside()
    if place := places.get("DATABASE_URL"):
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            raise NoDatabase(_sentence("database", place, error, "DATABASE_URL")) from error
    if place := places.get("CELERY_BROKER_URL"):
        try:
            with app.connection_for_write() as broker:
                broker.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE)
        except (OperationalError, OSError) as error:
            raise Away(_sentence("broker", place, error, "CELERY_BROKER_URL")) from error


def keep() -> None:
    """Remember them, in a file that only the panel's owner can read: later commands mean the same records."""
    file = kept_addresses(settings.ROOT)
    found = {name: os.environ[name] for name in ADDRESSES if name in os.environ}
    if found or file.exists():
        Files(settings.PLACES).write(file, json.dumps(found), mode=0o600)


def _place(address: str) -> str:
    parts = urlsplit(address)
    host = f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or ""
    return f"{parts.scheme}://{host}{parts.path}"


def _sentence(what: str, place: str, error: Exception, name: str) -> str:
    """With the server's or the library's own words, on one line."""
    reason = " ".join(str(error).split()).rstrip(".")
    return f"The panel's {what} {place} cannot be used: {reason}. Start it, or correct {name}."
