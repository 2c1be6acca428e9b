"""A dump as SQL, whether it comes packed by gzip or not: what it is, its first bytes say."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from apps.host.errors import Refused

MOST = 1 << 20
"""Bytes that are unpacked at a time: a bomb grows on its way, never in memory."""
GZIP = b"\x1f\x8b"
WITH_GZIP_HEADER = 31
OTHERS = {b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf": "7z"}
BEGINNING = 5


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The SQL in *chunks*. Refused for what is packed otherwise, cut short or broken."""
    coming = iter(chunks)
    first = b""
    while len(first) < BEGINNING and (more := next(coming, b"")):
        first += more
    for mark, name in OTHERS.items():
        if first.startswith(mark):
            raise Refused(f"This dump is packed by {name}; send it as .sql or .sql.gz.")
    whole = chain([first], coming)
    return _gunzipped(whole) if first.startswith(GZIP) else (chunk for chunk in whole if chunk)


def _gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Each of the members, one after another, as gzip itself reads them."""
    member, left, full = zlib.decompressobj(WITH_GZIP_HEADER), b"", False
    try:
        for chunk in chunks:
            left += chunk
            while left or full:
                if member.eof:
                    left = left.lstrip(b"\0")  # tapes and block devices pad
                    member = zlib.decompressobj(WITH_GZIP_HEADER) if left else member
                    continue
                out = member.decompress(left, MOST)
                left, full = member.unused_data or member.unconsumed_tail, len(out) == MOST and not member.eof
                if out:
                    yield out
    except zlib.error as error:
        raise Refused("This dump is broken: gzip cannot unpack it. Make it again, or send it again.") from error
    if not member.eof:
        raise Refused("This dump is cut short: its gzip has no end. Make it again, or send it again.")
