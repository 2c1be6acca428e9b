"""Dumps packed by gzip, as they flow. What a dump that comes in is packed by, its first bytes say."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from apps.host.errors import Refused

MOST = 1 << 20
"""Bytes that are unpacked at a time: a bomb grows on its way, never in memory."""
GZIP = b"\x1f\x8b"
WITH_GZIP_HEADER = 31
LEVEL = 1
"""The fastest: a dump of 500 MB takes seconds instead of a minute, and is a tenth longer."""
OTHERS = {
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
}
BEGINNING = 5


def packed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """*chunks* as one gzip file."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, WITH_GZIP_HEADER)
    for chunk in chunks:
        if out := packer.compress(chunk):
            yield out
    yield packer.flush()


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
