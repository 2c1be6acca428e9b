"""A dump in parts of a few megabytes, so that it can be written as it comes, and each table restored by itself.

Cut where ``mariadb-dump`` says in a comment what follows, else behind a statement; behind none within 4 MiB, anywhere.
Put together the parts are the dump, byte for byte, whatever is in it. Within a routine or a trigger nothing is taken
for such a comment: it is between two ``DELIMITER``, as the program that loads it sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BEGIN, SEQUENCE, TABLE, CODE = "begin", "sequence", "table", "code"
"""Settings; sequences, which tables may need; a table with its rows and triggers; views, routines and events."""
USUAL, MOST = 2 << 20, 4 << 20
LOOK_BACK = 1024
"""Bytes that a mark may have."""
WHAT_FOLLOWS = (
    rb"Table structure for table|Sequence structure for"
    rb"|(?:Temporary table|Final view|View) structure|Dumping (?:events|routines|packages)"
)
NAMED = rb"[^`\n]*(?:`(?P<name>(?:[^`\n]|``)+)`)?[^\n]*"
MARK = re.compile(
    rb"\n(?:--\n-- (?P<what>" + WHAT_FOLLOWS + rb")" + NAMED + rb"\n--\n|DELIMITER (?P<delimiter>[^\n]+)\n)"
)
WHAT = {b"Table structure for table": TABLE, b"Sequence structure for": SEQUENCE}


@dataclass(frozen=True)
class Part:
    kind: str
    table: str
    sql: bytes


def parts(dump: Iterable[bytes]) -> Iterator[Part]:
    """*dump* in order and whole."""
    cutting = _Cutting()
    for chunk in dump:
        yield from cutting.feed(chunk)
    yield from cutting.rest()


class _Cutting:
    def __init__(self) -> None:
        self.text = bytearray()
        self.looked_at = 0
        self.kind, self.table = BEGIN, ""
        self.in_code = False

    def feed(self, chunk: bytes) -> Iterator[Part]:
        self.text += chunk
        while found := MARK.search(self.text, self.looked_at):
            what, name, delimiter = found["what"], found["name"], found["delimiter"]
            self.looked_at = found.start() + 1
            del found  # it holds the text
            if delimiter is not None:
                self.in_code = bytes(delimiter) != b";"
            elif not self.in_code:
                yield from self._cut(self.looked_at)
                self.kind = WHAT.get(bytes(what), CODE)
                self.table = bytes(name).replace(b"``", b"`").decode(errors="surrogateescape") if name else ""
        self.looked_at = max(self.looked_at, len(self.text) - LOOK_BACK)
        while len(self.text) >= USUAL + LOOK_BACK and (end := self._end_of_part()):
            yield from self._cut(end)

    def rest(self) -> Iterator[Part]:
        yield from self._cut(len(self.text))

    def _end_of_part(self) -> int:
        most = min(len(self.text) - LOOK_BACK, MOST)
        statement = self.text.rfind(b";\n", 0, most) + 2
        return statement if statement > 1 else most if most == MOST else 0

    def _cut(self, end: int) -> Iterator[Part]:
        if end:
            yield Part(self.kind, self.table, bytes(self.text[:end]))
            del self.text[:end]
            self.looked_at = max(0, self.looked_at - end)
