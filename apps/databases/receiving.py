"""A request whose body is a file: read as it comes, by few at a time, and kept in memory nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from time import monotonic
from typing import IO, Any, TypeVar

from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from apps.accounts.long_streams import Slot
from apps.databases.uploads import TooMuch
from apps.operations.refusals import Invalid

CHUNK = 1 << 20
HEARS_OUT = 20.0
"""Seconds for which the rest of what is too long is read, and thrown away."""
T = TypeVar("T")


class AnyBytes(BaseParser):
    """Leaves the body unread: the view reads it as it comes."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        return {}


def receive(request: Request, use: Callable[[Iterator[bytes], int], T]) -> T:
    """What *use* makes of the body, as it comes, and of its length, 0 where nobody said it.

    Raises Unavailable where others send so much already, and what *use* does.
    """
    if request.stream is None:
        raise Invalid("", "Nothing was sent: the file is the request's body, with its length in Content-Length.")
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    with closing(Slot()):
        try:
            return use(_chunks(request.stream), length)
        except TooMuch:
            _hear_out(request.stream)
            raise


def _hear_out(body: IO[Any]) -> None:
    """Whoever is still sending does not hear an answer: the front breaks the connection off instead."""
    until = monotonic() + HEARS_OUT
    while monotonic() < until and body.read(CHUNK):
        continue


def _chunks(body: IO[Any]) -> Iterator[bytes]:
    while chunk := body.read(CHUNK):
        yield chunk
