"""The part of a file that a request wants, as HTTP has it (RFC 9110, 14): a download that broke off goes on there.

Only one part is given. Whatever asks for several, or is in no form that a range has, is answered with all of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

RANGE = re.compile(r"bytes=[ \t]*(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})[ \t]*", re.IGNORECASE)
"""Digits of any file's size; with more of them it is in no form."""


def part_of(headers: Mapping[str, str], size: int, mark: str) -> range | None:
    """None for all of a file of *size* bytes; empty for what lies behind its end.

    *mark*: the file's ETag. A part of another file, or of this one as of some day, is not what somebody goes on with.
    """
    found = RANGE.fullmatch(headers.get("Range", ""))
    if found is None or headers.get("If-Range", mark) != mark:
        return None
    first, last = found["first"], found["last"]
    if not first:
        return range(max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)


def told(part: range, size: int) -> str:
    """What an answer says of the part that it has; of an empty one, how much there is."""
    return f"bytes {part.start}-{part.stop - 1}/{size}" if part else f"bytes */{size}"
