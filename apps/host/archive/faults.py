"""What may be wrong with an archive. Each is a sentence for a person, and final: trying again does not help."""

from __future__ import annotations

from apps.host.errors import Refused


class Damaged(Refused):
    """It is not what was written: cut, changed, put together from two, or no archive at all."""


class Locked(Refused):
    """None of the keys at hand opens it; what it was locked for may have been changed, too."""


class Hostile(Refused):
    """It holds what no archive of a site may hold."""
