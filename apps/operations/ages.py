"""How long ago something was, as every page tells it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.template import Library
from django.utils.timesince import timesince
from django.utils.timezone import now

register = Library()


@register.filter
def age(at: datetime, depth: int = 2) -> str:
    """``2 days, 3 hours ago``, in *depth* words of time; what is to come, by a clock that differs, is now."""
    return "just now" if now() - at < timedelta(minutes=1) else f"{timesince(at, depth=depth)} ago"
