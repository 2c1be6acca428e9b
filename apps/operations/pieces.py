"""A long file on its way out at a door: piece by piece, each read by a runner of the server that it lies on.

The door itself may not look there. A piece is an answer like any other: sealed for whoever asked, and gone from the
panel as it is read.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User

from apps.host.errors import Unavailable
from apps.operations.questions import ask
from apps.servers.models import Server

PIECE = 2 << 20


def pieces(kind: str, server: Server, user: User | None, part: range, told: str, **params: Any) -> Iterator[bytes]:
    """The *part* of the bytes that questions of *kind* answer with *params* and an offset; *told* is what they are of.

    The first is asked for at once, so that what is wrong is told before anything is sent.
    """
    coming = _asked(kind, server, user, part, told, params)
    first = next(coming, b"")
    return _all(first, coming)


def piece(content: bytes | bytearray) -> dict[str, str]:
    """What a runner answers."""
    return {"piece": base64.b64encode(content).decode()}


def _asked(
    kind: str, server: Server, user: User | None, part: range, told: str, params: dict[str, Any]
) -> Iterator[bytes]:
    at = part.start
    while at < part.stop:
        answer = ask(kind, server, user, offset=at, **params)
        content = base64.b64decode(answer["piece"])[: part.stop - at]
        if not content:
            raise Unavailable(f"{told} became shorter while it was read; ask for it anew.")
        yield content
        at += len(content)


def _all(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
