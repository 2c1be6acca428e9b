"""Whether a dump has room on the database server's disk, which must never become full."""

from __future__ import annotations

from collections.abc import Iterator

from apps.host.errors import Refused
from apps.operations.run import Run

FREE = 256 << 20
"""Bytes that stay free on the database server's disk: a dump that unpacks to more than there is ends before that."""
LOOK_EVERY = 16 << 20


def must_have_room(run: Run, needed: int) -> None:
    free = run.host.schemas.free() - FREE
    if free < needed:
        raise Refused(
            f"The database server's disk is too full: {needed} bytes are needed at least, and {max(0, free)} are free"
            f" beside {FREE} that stay so. Make room and try again."
        )


def while_there_is_room(run: Run, sql: Iterator[bytes]) -> Iterator[bytes]:
    passed = LOOK_EVERY
    for chunk in sql:
        passed += len(chunk)
        if passed >= LOOK_EVERY:
            must_have_room(run, passed := len(chunk))
        yield chunk
