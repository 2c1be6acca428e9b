r"""Takes ``DEFINER=…`` out of a dump as it flows by: what the dump creates shall belong to whoever loads it.

A dump from elsewhere names accounts that this server does not know, or that whoever loads it may not give things to:
the server refuses it then, and safety rests on that alone. So this need not withstand malice, but must never change
data: it tells SQL from strings, names and comments, and looks at nothing but ``CREATE … DEFINER=``. About 95 MB/s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

NAME = rb"(?:`[^`]*(?:``[^`]*)*`|'[^']*(?:''[^']*)*'|\"[^\"]*(?:\"\"[^\"]*)*\"|[\w.$%-]+)"
WHOM = rb"(?:CURRENT_(?:USER|ROLE)(?:\s*\(\s*\))?|" + NAME + rb"(?:\s*@\s*" + NAME + rb")?)"
CLAUSE = re.compile(rb"(?i)DEFINER\s*=\s*" + WHOM + rb"(?![\w`'\"])(?=\s*[^\s@(])")
BEFORE = re.compile(rb"(?i)\bCREATE(?:\s|\*/|/\*M?!\d*|OR\s+REPLACE|AGGREGATE|ALGORITHM\s*=\s*\w+)*\Z")
"""What stands between the statement's beginning and the clause, as MySQL, MariaDB and phpMyAdmin write it."""
LOOK_BACK = 200
LONGEST = 1024
"""Bytes that a clause may have. One that is longer stays, and the server says what it thinks of it."""
STRINGS = rb"'[^'\\]*(?:\\.[^'\\]*)*'|\"[^\"\\]*(?:\\.[^\"\\]*)*\"|`[^`]*`"
COMMENTS = rb"\#[^\n]*\n|--(?=\s)[^\n]*\n|/\*(?=[^M!]|M[^!]).*?\*/"
PLAIN = rb"[^'\"`\#\-/dD]+|--(?=\S)|-(?=[^-])|/\*M?!\d*(?=\D)|/(?=[^*])|[dD](?!(?i:efiner))(?=.{6})"
SQL = re.compile(rb"(?s)(?>(?:" + PLAIN + rb"|" + STRINGS + rb"|" + COMMENTS + rb")*)")
"""All SQL up to a clause that may be one, to something that has no end yet, or to where the next bytes must be known.

No possessive repetition of a group: Python 3.11.2, which is Debian 12's, takes more with one than it matches.
"""
ENDS = {
    b"'": re.compile(rb"(?s)([^'\\]*(?:\\.[^'\\]*)*)(')?"),
    b'"': re.compile(rb"(?s)([^\"\\]*(?:\\.[^\"\\]*)*)(\")?"),
    b"`": re.compile(rb"([^`]*)(`)?"),
    b"#": re.compile(rb"([^\n]*)(\n)?"),
    b"--": re.compile(rb"([^\n]*)(\n)?"),
    b"/*": re.compile(rb"([^*]*(?:\*(?=[^/])[^*]*)*)(\*/)?"),
}
OPENING = re.compile(rb"['\"`#]|--(?=\s)|/\*")
NEXT = 64
"""Bytes that suffice to know what begins at a place."""


class WithoutDefiners:
    """Takes chunks and gives them back without the clauses. *open*: what of SQL is unclosed where a chunk ends."""

    def __init__(self) -> None:
        self.left = b""
        self.before = b""
        self.open = b""

    def feed(self, chunk: bytes, *, last: bool = False) -> bytes:
        text, out, at = self.left + chunk, bytearray(), 0
        while at < len(text):
            step = self._inside(text, at) if self.open else self._outside(text, at, out, last=last)
            if step == at and last:
                step = at + 1  # whatever it is, nothing follows that could change it
            if step == at:
                break
            if step > at:
                out += text[at:step]
            at = abs(step)
        self.left = text[at:]
        self.before = (self.before + bytes(out))[-LOOK_BACK:]
        return bytes(out)

    def _inside(self, text: bytes, at: int) -> int:
        found = ENDS[self.open].match(text, at)
        if found and found[2]:
            self.open = b""
        return found.end() if found else at

    def _outside(self, text: bytes, at: int, out: bytearray, *, last: bool) -> int:
        """Where the part ends that is handed on; a negative place where what comes up to there is left out."""
        if (found := SQL.match(text, at)) and found.end() > at:
            return found.end()
        if (opening := OPENING.match(text, at)) and (len(text) - at > NEXT or last or opening[0] in (b"'", b'"', b"`")):
            self.open = opening[0]
            return opening.end()
        if clause := CLAUSE.match(text, at):
            created = BEFORE.search((self.before + bytes(out[-LOOK_BACK:]))[-LOOK_BACK:])
            return -clause.end() if created else clause.end()
        return at if len(text) - at < LONGEST else at + 1


def without_definers(chunks: Iterable[bytes]) -> Iterator[bytes]:
    filtered = WithoutDefiners()
    for chunk in chunks:
        if out := filtered.feed(chunk):
            yield out
    if out := filtered.feed(b"", last=True):
        yield out
