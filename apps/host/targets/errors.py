"""What may go wrong with a target, each with a class of its own; the sentences say what to do."""

from __future__ import annotations

from apps.host.errors import Refused, Unavailable


class Unreachable(Unavailable):
    """It does not answer, or broke off; what was sent so far is kept there, and the next run goes on."""


class LoginRefused(Refused):
    """It does not let the panel in, or not to that place."""


class KeyChanged(Refused):
    """Another machine answers than the one that was agreed to."""


class NoSpace(Refused):
    """It has no room for the copy."""


class Mismatch(Refused):
    """What lies there is not what was sent, or not as long as was said."""


class Gone(Refused):
    """It is not there, though it should be."""


class Occupied(Refused):
    """Something else lies under that name; it is not touched."""


class Unfit(Refused):
    """That place, or that name, cannot be a target."""
