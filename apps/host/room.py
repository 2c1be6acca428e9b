"""Whether a disk has room: none that the panel writes to may ever become full."""

from __future__ import annotations

from apps.host.errors import Refused

FREE = 256 << 20
"""Bytes that stay free on each."""


def must_have_room(disk: str, free: int, needed: int, advice: str) -> None:
    """Refused, with *advice*, where *needed* bytes would not fit into the *free* ones of *disk*."""
    left = free - FREE
    if left < needed:
        raise Refused(
            f"{disk} is too full: {needed} bytes may be needed, and {max(0, left)} are free beside {FREE} that stay so."
            f" {advice}"
        )
