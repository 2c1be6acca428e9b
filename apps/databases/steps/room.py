"""Whether a dump has room on the database server's disk: one that unpacks to more than there is ends before that."""

from __future__ import annotations

from collections.abc import Iterator

from apps.host import room
from apps.operations.run import Run

LOOK_EVERY = 16 << 20


def must_have_room(run: Run, needed: int) -> None:
    advice = "Make room and try again."
    room.must_have_room("The database server's disk", run.host.schemas.free(), needed, advice)


def while_there_is_room(run: Run, sql: Iterator[bytes]) -> Iterator[bytes]:
    passed = LOOK_EVERY
    for chunk in sql:
        passed += len(chunk)
        if passed >= LOOK_EVERY:
            must_have_room(run, passed := len(chunk))
        yield chunk
