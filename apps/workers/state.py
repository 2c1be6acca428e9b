"""Writing down what becomes of a worker."""

from __future__ import annotations

from django.utils.timezone import now

from apps.sites.models import Site
from apps.workers.models import WorkerState

FORGIVEN = {"stopped": False, "deaths": [], "died_at": None, "given_up_at": None, "last_words": "", "restarts": 0}
"""What a start by a person makes of all that was before."""


def state_of(site: Site) -> WorkerState:
    """As it is now; of a site whose worker never was started, a row that says so."""
    return WorkerState.objects.filter(site=site).first() or WorkerState(site=site)


def write(site: Site, **facts: object) -> None:
    WorkerState.objects.update_or_create(site=site, defaults=facts)


def started(site: Site) -> None:
    """A person's start has succeeded."""
    write(site, since=now(), **FORGIVEN)


def ended(site: Site) -> None:
    write(site, since=None, memory=0)


def is_classic(site: Site, reason: str = "") -> None:
    """It runs without its worker mode, for a *reason*; without one, it runs as its site wants it."""
    if reason:
        write(site, classic_since=now(), classic_reason=reason)
    else:
        WorkerState.objects.filter(site=site).update(classic_since=None, classic_reason="")
