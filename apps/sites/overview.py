"""One site as its page in the admin shows it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User

from apps.backups.trust import Trust, trust_of
from apps.databases.models import Database
from apps.domains.models import Domain
from apps.mail.models import Relay
from apps.mail.relays import relay_of
from apps.operations.admin_base import DOOR
from apps.operations.asking import Ask
from apps.operations.credentials import reveal
from apps.operations.doors.forms import ActLink, links_of
from apps.operations.live import LiveOperation
from apps.operations.models import Operation
from apps.operations.questions import SECRET
from apps.operations.refusals import Missing
from apps.servers.models import Kept
from apps.sites import badges
from apps.sites.acts import SITE
from apps.sites.badges import NEEDS_A_HAND, kind_label
from apps.sites.disk import Disk, disk_of, with_disk
from apps.sites.kept import kept_of
from apps.sites.kinds import KINDS
from apps.sites.models import Site
from apps.workers.card import WorkerCard

RECENT = 8


class Overview:
    """A site, read once for its page. Costs a query for each of its operations, steps, domains and databases."""

    def __init__(self, site: Site, user: User) -> None:
        self.site = site
        self.user = user

    @property
    def kind(self) -> str:
        return kind_label(self.site)

    @property
    def status(self) -> dict[str, str]:
        if self.site.front_fault or (self.live is not None and self.live.can_resume):
            return {"label": NEEDS_A_HAND, "colour": "danger"}
        if self.worker.is_down:
            return {"label": self.worker.label, "colour": self.worker.colour}
        status = Site.Status(self.site.status)
        return {"label": str(status.label), "colour": badges.SITE[status]}

    @property
    def is_open(self) -> bool:
        """Whether a visitor gets the site at its address."""
        return self.site.status == Site.Status.ACTIVE

    @property
    def login_url(self) -> str:
        """Where the application's administrator signs in; empty where the kind has no such place."""
        path = KINDS[self.site.kind].admin_path if self.site.kind in KINDS else None
        return f"{self.site.url}{path}" if path and self.is_open else ""

    @property
    def directory(self) -> Path:
        return settings.PLACES.site(self.site.slug)

    @cached_property
    def domains(self) -> list[Domain]:
        return list(self.site.domains.select_related("certificate").order_by("-primary", "pk"))

    @cached_property
    def databases(self) -> list[Database]:
        return [one for one in self.site.databases.all() if one.status != Database.Status.DELETED]

    @cached_property
    def disk(self) -> Disk:
        """What it takes on the disk."""
        return disk_of(with_disk(Site.objects.filter(pk=self.site.pk)).get())

    @cached_property
    def trust(self) -> Trust:
        """Its last backup, and its last proof."""
        return trust_of(self.site)

    @cached_property
    def worker(self) -> WorkerCard:
        return WorkerCard(self.site, self.user, busy=self.live is not None)

    @cached_property
    def relay(self) -> Relay | None:
        """Where its mails go; None where they go nowhere."""
        return relay_of(self.site)

    @cached_property
    def acts(self) -> list[ActLink]:
        """What this person may do to the site now; nothing while something is at work on it."""
        return [] if self.live is not None else links_of(SITE, self.site, self.user)

    @cached_property
    def kept(self) -> Kept | None:
        """What there still is of a site that is deleted, and until when."""
        return kept_of(self.site) if self.site.status == Site.Status.DELETED else None

    @property
    def template(self) -> str:
        return f"admin/sites/site/{'deleted' if self.kept else 'overview'}.html"

    @property
    def has_more(self) -> bool:
        """Whether some of them have a page of their own: those stand together below one button, save where few are."""
        return self.kept is None and any(not act.direct for act in self.acts)

    @property
    def key(self) -> str:
        """For the page's buttons: pressed twice they are one request."""
        return str(uuid4())

    @property
    def _ask(self) -> Ask:
        return Ask(user=self.user, door=DOOR)

    @cached_property
    def operations(self) -> list[LiveOperation]:
        """The latest, newest first."""
        about = Operation.objects.filter(subject_kind="site", subject_id=self.site.pk)
        return [LiveOperation(operation) for operation in about.prefetch_related("lines").order_by("-id")[:RECENT]]

    @cached_property
    def live(self) -> LiveOperation | None:
        """The one that runs, or is stuck, now."""
        return next((live for live in self.operations if not live.operation.ended or live.can_resume), None)

    @cached_property
    def with_secret(self) -> Operation | None:
        """The operation that made a password which nobody has read yet; for whoever asked for it alone."""
        mine = (live.operation for live in self.operations if live.operation.asked_by_id == self.user.pk)
        return next((operation for operation in mine if _unread(operation)), None)

    def read_credentials(self) -> dict[str, Any]:
        """``{url, user, password}``: they cannot be read again. Raises a Refusal, or Unavailable."""
        if self.with_secret is None:
            raise Missing("There is no password to show: it was read before, or a day has passed.")
        return reveal(self._ask, self.with_secret)


def _unread(operation: Operation) -> bool:
    return operation.status == Operation.Status.DONE and any(SECRET in line.memo for line in operation.lines.all())
