"""A worker as a script reads it: the same from the API and the command line, and all of it from the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.sites.models import Site

if TYPE_CHECKING:
    from apps.workers.models import WorkerState


def known(site: Site) -> WorkerState | None:
    """What is known of its worker; None before anything was written down."""
    return getattr(site, "worker", None)


def word_of(site: Site) -> str:
    """``running``, ``stopped``, ``restarting`` or ``down``; ``unknown`` before anything was written down."""
    if site.status not in Site.RUNNING:
        return "stopped"
    state = known(site)
    return state.word if state else "unknown"


def note_of(site: Site) -> str:
    """A sentence on what is not as it should be; empty where all is."""
    state = known(site)
    if state is None:
        return ""
    if state.given_up_at:
        return f"It died {len(state.deaths)} times and is left down until somebody starts it."
    if state.classic_since:
        reason = state.classic_reason.splitlines()[0]
        return f"It runs without worker mode since {state.classic_since:%d %b %Y, %H:%M} UTC: {reason}"
    return ""


@extend_schema_serializer(component_name="Worker")
class WorkerShape(serializers.Serializer[Site]):
    """*id* and *site* are its site's. *since* it runs; *memory* in bytes; *restarts* by the panel itself."""

    id = serializers.IntegerField()
    site = serializers.CharField(source="slug")
    status = serializers.SerializerMethodField()
    port = serializers.IntegerField(allow_null=True)
    runtime = serializers.CharField(source="runtime.name")
    since = serializers.DateTimeField(source="worker.since", allow_null=True, default=None)
    memory = serializers.SerializerMethodField()
    restarts = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField()
    last_words = serializers.SerializerMethodField()

    def get_status(self, site: Site) -> str:
        return word_of(site)

    def get_memory(self, site: Site) -> int:
        state = known(site)
        return state.memory if state else 0

    def get_restarts(self, site: Site) -> int:
        state = known(site)
        return state.restarts if state else 0

    def get_note(self, site: Site) -> str:
        return note_of(site)

    def get_last_words(self, site: Site) -> list[str]:
        state = known(site)
        return state.last_words.splitlines() if state else []
