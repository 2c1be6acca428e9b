"""A site's worker as the page of its site shows it: from the records, the machine is not asked."""

from __future__ import annotations

from functools import cached_property
from uuid import uuid4

from django.contrib.auth.models import User

from apps.operations.doors.forms import ActLink, links_of
from apps.sites.models import Site
from apps.workers import shapes
from apps.workers.acts import WORKER
from apps.workers.models import WorkerState

LABELS = {
    "running": ("Running", "success"),
    "stopped": ("Stopped", ""),
    "restarting": ("Being restarted", "warning"),
    "down": ("Down", "danger"),
    "unknown": ("Not seen yet", ""),
}


class WorkerCard:
    """Costs no query where its site came with its worker. *busy*: nothing is offered while something is at work."""

    def __init__(self, site: Site, user: User, *, busy: bool) -> None:
        self.site, self.user, self.busy = site, user, busy

    @property
    def state(self) -> WorkerState | None:
        return shapes.known(self.site)

    @property
    def is_down(self) -> bool:
        return shapes.word_of(self.site) == "down"

    @property
    def label(self) -> str:
        return LABELS[shapes.word_of(self.site)][0]

    @property
    def colour(self) -> str:
        return LABELS[shapes.word_of(self.site)][1]

    @property
    def note(self) -> str:
        return shapes.note_of(self.site)

    @cached_property
    def acts(self) -> list[ActLink]:
        return [] if self.busy else links_of(WORKER, self.site, self.user)

    @property
    def key(self) -> str:
        """For its buttons: pressed twice they are one request."""
        return str(uuid4())
