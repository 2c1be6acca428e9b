"""A tar read as it flows by, of whomever: its files, folders and symbolic links, and nothing else.

As POSIX has it (ustar, pax), and as GNU tar writes it by itself. Every number in it is somebody's word, so there are
limits to each. What a file contains is read while it is there, or passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apps.host.archive.bytestream import ByteStream
from apps.host.archive.faults import Damaged, Hostile
from apps.host.archive.tar_names import below, shown
from apps.host.archive.ustar import FILE, FOLDER, HEADER, LINK, RECORD

EXTENDED, GLOBAL, LONG_NAME, LONG_TARGET = b"x", b"g", b"L", b"K"
FILES = (FILE, b"\0", b"7")
REFUSED = {b"1": "a hard link (pack it with --hard-dereference)", b"S": "a sparse file (pack it without --sparse)"}
LONGEST_EXTENSION, EXTENSIONS = 1 << 20, 4
"""Bytes of what comes before an entry, and how many of these may."""
LONGEST_TARGET, LONGEST_NUMBER = 4095, 20
AFTER = 16 << 20
"""Bytes that may follow the end: tapes are filled up with zeros."""
NO_TAR = "The archive is damaged, or is no tar. Use another copy of it."


@dataclass(frozen=True)
class Limits:
    members: int = 5_000_000
    bytes: int = 1 << 42


USUAL = Limits()


@dataclass
class Member:
    """*at*: where in the tar its content begins. *content*: to be read before the next one is asked for, or not."""

    kind: bytes
    path: bytes
    mode: int
    mtime: int
    size: int
    target: bytes
    at: int
    content: Iterator[memoryview]


def members(chunks: Iterable[bytes], limits: Limits = USUAL) -> Iterator[Member]:
    """All of a tar. Damaged where it is none or is cut, Hostile for what no site's archive holds or too much of it."""
    stream = ByteStream(chunks)
    count = size = 0
    while (member := _next(stream)) is not None:
        count, size = count + 1, size + member.size
        if count > limits.members or size > limits.bytes:
            raise Hostile(f"The archive has more than {limits.members:,} entries or {limits.bytes:,} bytes.")
        yield member
        for _ in member.content:
            continue  # whoever wanted it has taken it
        stream.exactly(-member.size % RECORD)
    if len(stream.up_to(AFTER)) == AFTER:  # to the very end, which says whether all of it was there
        raise Hostile("The archive goes on after its end.")


def _next(stream: ByteStream) -> Member | None:
    known: dict[bytes, bytes] = {}
    for _ in range(EXTENSIONS + 1):
        header = stream.exactly(RECORD)
        if header == bytes(RECORD):
            return None
        fields, kind = fields_of(header)
        if kind not in (EXTENDED, GLOBAL, LONG_NAME, LONG_TARGET):
            return _member(fields, kind, known, stream)
        known |= _extension(kind, number(fields[4]), stream)
    raise Hostile("The archive has more words before an entry than an entry needs.")


def fields_of(header: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """The parts of a header, and which kind of entry it begins. Damaged where its checksum is wrong."""
    fields = HEADER.unpack(header)
    if number(fields[6]) != sum(header) - sum(header[148:156]) + 8 * ord(" "):
        raise Damaged(NO_TAR)
    return fields, fields[7]


def _extension(kind: bytes, size: int, stream: ByteStream) -> dict[bytes, bytes]:
    if size > LONGEST_EXTENSION:
        raise Hostile("The archive has more words before an entry than an entry needs.")
    text = stream.exactly(size)
    stream.exactly(-size % RECORD)
    if kind == GLOBAL:
        return {}
    if kind == EXTENDED:
        return dict(_records(text))
    return {b"path" if kind == LONG_NAME else b"linkpath": text.rstrip(b"\0")}


def _records(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(text):
        length, _, _ = text[at : at + 20].partition(b" ")
        end = at + _decimal(length)
        key, found, value = text[at + len(length) + 1 : end - 1].partition(b"=")
        if end > len(text) or not found or text[end - 1 : end] != b"\n":
            raise Damaged(NO_TAR)
        yield key, value
        at = end


def _member(fields: tuple[bytes, ...], kind: bytes, known: dict[bytes, bytes], stream: ByteStream) -> Member:
    path = known.get(b"path") or _name(fields)
    if kind in FILES and path.endswith(b"/"):
        kind = FOLDER  # as tar had it before there were kinds
    if kind not in (*FILES, FOLDER, LINK) or any(key.startswith(b"GNU.sparse") for key in known):
        what = REFUSED.get(kind, "no file, folder or symbolic link")
        raise Hostile(f"{shown(path)} is {what}; an archive of a site has none.")
    target = known.get(b"linkpath", _text(fields[8])) if kind == LINK else b""
    if len(target) > LONGEST_TARGET or b"\0" in target or (kind == LINK and not target):
        raise Hostile(f"{shown(path)} points nowhere.")
    size = (_decimal(known[b"size"]) if b"size" in known else number(fields[4])) if kind in FILES else 0
    mtime = _decimal(known[b"mtime"].partition(b".")[0]) if b"mtime" in known else number(fields[5])
    kind = FILE if kind in FILES else kind
    return Member(kind, below(path), number(fields[1]), mtime, size, target, stream.at, stream.parts(size))


def _name(fields: tuple[bytes, ...]) -> bytes:
    prefix = _text(fields[15]) if fields[9] == b"ustar\0" else b""
    return prefix + b"/" + _text(fields[0]) if prefix else _text(fields[0])


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def number(field: bytes) -> int:
    """Octal, or GNU tar's binary for what is too large for that. What is less than nothing is 0."""
    if field[0] & 0x80:
        return 0 if field[0] & 0x40 else int.from_bytes(field, "big") & ~(0x80 << 8 * (len(field) - 1))
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        raise Damaged(NO_TAR) from None


def _decimal(text: bytes) -> int:
    """What is less than nothing is 0."""
    if not text.removeprefix(b"-").isdigit() or len(text) > LONGEST_NUMBER:
        raise Damaged(NO_TAR)
    return max(0, int(text))
