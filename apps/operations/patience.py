"""How long a part of the machine may be away before an operation goes back."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils.timezone import now

from apps.operations import due
from apps.operations.journal import Journal
from apps.operations.models import Operation

FIRST, LONGEST = 0.5, 10.0


def has_run_out(operation: Operation) -> bool:
    """Whether it has been away for longer than ``UNAVAILABLE_SECONDS``."""
    return operation.trouble_since is not None and _waited(operation) >= settings.UNAVAILABLE_SECONDS


def pause(journal: Journal) -> float:
    """Seconds until the next try: half of what has passed, so that a short outage costs little."""
    waited = _waited(journal.operation)
    journal.set(trouble_since=now() - timedelta(seconds=waited))  # by the clock that writes when the next try is due
    return min(max(FIRST, waited / 2), LONGEST, float(settings.UNAVAILABLE_SECONDS))


def _waited(operation: Operation) -> float:
    """Seconds that it has been away for, up to the last try where our clock and that of who tried do not fit."""
    if operation.trouble_since is None:
        return 0.0
    at, tried = now(), operation.due_at
    fits = tried <= at <= tried + due.LONGEST
    return max(0.0, ((at if fits else tried) - operation.trouble_since).total_seconds())
