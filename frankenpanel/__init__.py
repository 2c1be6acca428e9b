"""The wiring: settings, addresses, Celery. No behaviour of the panel lives here."""

from frankenpanel.celery import app as celery_app

__all__ = ["celery_app"]
