"""Archives that nobody's backup would make, and archives of ours that somebody changed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

Entry = tuple[str, bytes, object]
"""A path, a kind as `tarfile` names it, and what is in it or where it points."""


def tar(*entries: Entry, form: int = tarfile.PAX_FORMAT, mode: int = 0o644) -> bytes:
    """A tar of *entries*, packed by gzip."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=form, compresslevel=1) as made:
        for path, kind, what in entries:
            info = tarfile.TarInfo(path)
            info.type, info.mode = kind, mode
            if isinstance(what, bytes):
                info.size = len(what)
                made.addfile(info, io.BytesIO(what))
            else:
                info.linkname = str(what or "")
                made.addfile(info)
    return out.getvalue()


def file(path: str, content: bytes = b"x") -> Entry:
    return path, tarfile.REGTYPE, content


def folder(path: str) -> Entry:
    return path, tarfile.DIRTYPE, None


def link(path: str, target: str) -> Entry:
    return path, tarfile.SYMTYPE, target


def of_kind(path: str, kind: bytes, target: str = "") -> Entry:
    return path, kind, target


def chunks(content: bytes, size: int = 65_536) -> Iterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]
