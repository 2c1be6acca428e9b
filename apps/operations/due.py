"""When a step's time has come, though the clocks of those who write and read it may differ, or jump.

No pause is longer than LONGEST. So a time further ahead was written by another clock, and has come.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.timezone import now

LONGEST = timedelta(seconds=30)


def has_come(ago: timedelta = timedelta()) -> Q:
    """The operations whose next step is due, and has been for *ago*."""
    at = now()
    return Q(due_at__lte=at - ago) | Q(due_at__gt=at + LONGEST)


def left(due_at: datetime) -> timedelta:
    """How long until *due_at*; below zero when it has come, and then how long ago, if that can be told."""
    found = due_at - now()
    return found if found <= LONGEST else -LONGEST
