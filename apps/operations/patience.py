"""How long a part of the machine may be away before an operation goes back."""

from __future__ import annotations

from django.conf import settings
from django.utils.timezone import now

from apps.operations.journal import Journal
from apps.operations.models import Operation

FIRST, LONGEST = 0.5, 10.0


def has_run_out(operation: Operation) -> bool:
    """Whether it has been away for longer than ``UNAVAILABLE_SECONDS``."""
    since = operation.trouble_since
    return since is not None and (now() - since).total_seconds() >= settings.UNAVAILABLE_SECONDS


def pause(journal: Journal) -> float:
    """Seconds until the next try: half of what has passed, so that a short outage costs little."""
    operation = journal.operation
    if operation.trouble_since is None:
        journal.set(trouble_since=now())
    waited = (now() - operation.trouble_since).total_seconds() if operation.trouble_since else 0.0
    return min(max(FIRST, waited / 2), LONGEST, float(settings.UNAVAILABLE_SECONDS))
