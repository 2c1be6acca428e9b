"""Zips that nobody's program would make, of what `tars` has for tars."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import zipfile

from tests.host.archive.tars import Entry

UNIX, WINDOWS = 3, 0
KINDS = {
    tarfile.REGTYPE: stat.S_IFREG,
    tarfile.DIRTYPE: stat.S_IFDIR,
    tarfile.SYMTYPE: stat.S_IFLNK,
    tarfile.CHRTYPE: stat.S_IFCHR,
    tarfile.BLKTYPE: stat.S_IFBLK,
    tarfile.FIFOTYPE: stat.S_IFIFO,
}
"""A zip has neither hard links nor sparse files."""
ENDING = 22


def zipped(*entries: Entry, system: int = UNIX, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of *entries*."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for path, kind, what in entries:
            info = zipfile.ZipInfo(path + "/" * (kind == tarfile.DIRTYPE), (2026, 11, 26, 20, 0, 2))
            info.create_system, info.compress_type = system, method
            info.external_attr = (KINDS[kind] | 0o640) << 16 if system == UNIX else 0
            made.writestr(info, what if isinstance(what, bytes) else str(what or ""))
    return out.getvalue()


def table_of(packed: bytes) -> int:
    """Where the table of contents begins."""
    return int(struct.unpack_from("<L", packed, len(packed) - ENDING + 16)[0])


def entries_of(packed: bytes) -> list[int]:
    """Where each entry of the table begins."""
    found, at = list[int](), table_of(packed)
    while (at := packed.find(b"PK\x01\x02", at)) >= 0:
        found.append(at)
        at += 4
    return found


def changed(packed: bytes, at: int, form: str, *numbers: int) -> bytes:
    """*packed* with other *numbers* at a place."""
    put = struct.pack(form, *numbers)
    return packed[:at] + put + packed[at + len(put) :]
