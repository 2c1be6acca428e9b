"""How a step may end, besides simply ending."""

from __future__ import annotations


class Again(Exception):
    """Not finished: come back after *seconds*; the runner is free meanwhile."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class Cancelled(Exception):
    """Somebody asked for the operation to be cancelled, and the step noticed."""


class LostClaim(Exception):
    """Another runner has taken the operation over: this one must not write another word."""
