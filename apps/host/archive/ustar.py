"""Entries of a tar as POSIX has them (ustar, and pax where that is too short). Owners are left out: restoring tells.

Names are bytes, as the file system has them; GNU tar and Python take those that are not UTF-8 too.
"""

from __future__ import annotations

import struct

HEADER = struct.Struct("100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12x")
RECORD = 512
NAME = 100
LARGEST, LATEST = 8**11 - 1, 8**11 - 1
FILE, LINK, FOLDER, EXTENDED = b"0", b"2", b"5", b"x"
NOBODY = b"0000000\0"
ENDING = bytes(2 * RECORD)


def header(kind: bytes, path: bytes, mode: int, mtime: int, size: int = 0, target: bytes = b"") -> bytes:
    """What stands before the content. A folder's path gets a slash."""
    name = path + b"/" if kind == FOLDER else path
    records = [_record(b"path", name)] if len(name) > NAME else []
    records += [_record(b"linkpath", target)] if len(target) > NAME else []
    records += [_record(b"size", b"%d" % size)] if size > LARGEST else []
    extended = b"".join(records)
    own = _plain(kind, name, mode, mtime, min(size, LARGEST), target)
    if not extended:
        return own
    return _plain(EXTENDED, b"././@PaxHeader", 0o600, 0, len(extended), b"") + extended + padding(len(extended)) + own


def padding(size: int) -> bytes:
    return bytes(-size % RECORD)


def _plain(kind: bytes, name: bytes, mode: int, mtime: int, size: int, target: bytes) -> bytes:
    made = HEADER.pack(
        name[:NAME], b"%07o\0" % mode, NOBODY, NOBODY, b"%011o\0" % size, b"%011o\0" % max(0, min(mtime, LATEST)),
        b" " * 8, kind, target[:NAME], b"ustar\0", b"00", b"", b"", NOBODY, NOBODY, b"",
    )  # fmt: skip
    return b"%s%06o\0 %s" % (made[:148], sum(made), made[156:])


def _record(key: bytes, value: bytes) -> bytes:
    """Its own length stands first, and counts itself."""
    rest = b" %s=%s\n" % (key, value)
    length = len(rest)
    while len(text := b"%d" % length) + len(rest) != length:
        length = len(text) + len(rest)
    return text + rest
