"""A zip read as it flows by, in the order in which its entries lie there: files, folders and symbolic links.

What is said of an entry stands in the table of contents; what lies beside its content must be the same entry. Nothing
lies over anything else, so that an archive holds no more than its own bytes can be.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterable, Iterator
from zlib import crc32

from isal import isal_zlib

from apps.host.archive.ahead import ahead
from apps.host.archive.bytestream import ByteStream
from apps.host.archive.faults import Damaged, Hostile
from apps.host.archive.forward import READ_AHEAD
from apps.host.archive.members import ERROR, inflated
from apps.host.archive.tar_names import below, shown
from apps.host.archive.tar_reading import LONGEST_TARGET, Limits, Member
from apps.host.archive.ustar import FILE, FOLDER, LINK
from apps.host.arriving.zip_table import NO_ZIP, Entry, Table
from apps.host.errors import Refused

LOCAL = struct.Struct("<4s5H3L2H")
STORED, DEFLATED, ENCRYPTED = 0, 8, 99
METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd"}
LOCKED = 1 << 0 | 1 << 6 | 1 << 13
"""Flags of what only a password opens."""
RAW = -15
KINDS = {0: FILE, stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: LINK}


def members_of(chunks: Iterable[bytes], table: Table, limits: Limits) -> Iterator[Member]:
    """All of a zip whose *chunks* come from its beginning on. Damaged, Hostile; Refused for what nobody can unpack."""
    stream, size = ByteStream(ahead(chunks, READ_AHEAD)), 0
    for entry in table:
        size += entry.size
        if size > limits.bytes:
            raise Hostile(f"The archive has more than {limits.bytes:,} bytes.")
        _must_be_readable(entry)
        _reach(stream, entry, table.begins)
        member = _member(stream, entry)
        yield member
        for _ in member.content:
            continue  # whoever wanted it has taken it


def _must_be_readable(entry: Entry) -> None:
    if entry.flags & LOCKED or entry.method == ENCRYPTED:
        raise Refused(f"{shown(entry.path)} is locked by a password. Pack the archive anew, without one.")
    if entry.method not in (STORED, DEFLATED):
        how = METHODS.get(entry.method, f"method {entry.method}")
        raise Refused(f"{shown(entry.path)} is packed by {how}. Pack the archive anew, as zip does by itself.")


def _reach(stream: ByteStream, entry: Entry, end: int) -> None:
    """Go to where the content of *entry* begins."""
    if entry.at < stream.at:
        raise _overlaps(entry)
    for _ in stream.parts(entry.at - stream.at):
        continue
    mark, *_, named, extended = LOCAL.unpack(stream.exactly(LOCAL.size))
    if mark != b"PK\x03\x04" or stream.exactly(named) != entry.name:
        raise Damaged(NO_ZIP)
    stream.exactly(extended)
    if stream.at + entry.packed > end:
        raise _overlaps(entry)


def _overlaps(entry: Entry) -> Hostile:
    return Hostile(f"{shown(entry.path)} lies over something else in the archive.")


def _member(stream: ByteStream, entry: Entry) -> Member:
    path, kind = entry.path, KINDS.get(stat.S_IFMT(entry.unix))
    if kind == FILE and path.endswith(b"/"):
        kind = FOLDER
    if kind is None:
        raise Hostile(f"{shown(path)} is no file, folder or symbolic link; an archive of a site has none.")
    content = _content(stream, entry)
    target = _target(content, entry) if kind == LINK else b""
    size = entry.size if kind == FILE else 0
    mode = stat.S_IMODE(entry.unix) or (0o755 if kind == FOLDER else 0o644)
    return Member(kind, below(path), mode, entry.mtime, size, target, entry.at, content)


def _target(content: Iterator[memoryview], entry: Entry) -> bytes:
    target = b"".join(content) if entry.size <= LONGEST_TARGET else b""
    if not target or b"\0" in target:
        raise Hostile(f"{shown(entry.path)} points nowhere.")
    return target


def _content(stream: ByteStream, entry: Entry) -> Iterator[memoryview]:
    """As long as the table says, and with its sum."""
    left, found = entry.size, 0
    packed = stream.parts(entry.packed)
    for part in packed if entry.method == STORED else _inflated(packed):
        left, found = left - len(part), crc32(part, found)
        if left < 0:
            raise Hostile(f"{shown(entry.path)} is larger than the archive says.")
        yield memoryview(part)
    if left or found != entry.crc:
        raise Damaged(NO_ZIP)


def _inflated(packed: Iterator[memoryview]) -> Iterator[bytes]:
    """At most 1 MiB at a time, however much comes of little."""
    unpacking = isal_zlib.decompressobj(RAW)
    try:
        for chunk in packed:
            if (yield from inflated(unpacking, chunk)):
                raise Damaged(NO_ZIP)
    except ERROR:
        raise Damaged(NO_ZIP) from None
    if not unpacking.eof:
        raise Damaged(NO_ZIP)
