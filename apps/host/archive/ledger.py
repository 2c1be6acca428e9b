"""The index that an archive ends with: a line of JSON for each entry, and how long each packed block is.

Written beside the tar by a thread of its own, which takes each file's digest too. What is done of it is packed and held
until the end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from apps.host.archive.blocks import Bytes
from apps.host.archive.held import Held
from apps.host.archive.line import Line
from apps.host.archive.members import BLOCK, member

FORMAT = 1
WAITING = 8
Fact = str | int
Thing = dict[str, Fact] | Bytes


class Ledger:
    """Takes an entry's facts, then its content if it has any. *counts*: entries by kind."""

    def __init__(self, held: Held) -> None:
        self.counts = {"folder": 0, "file": 0, "link": 0}
        self.line: Line[Thing] = Line(self._take, WAITING)
        self._facts: dict[str, Fact] = {}
        self._digest: Any = None
        self._text = bytearray(f'{{"format": {FORMAT}, "block": {BLOCK}, "entries": [\n'.encode())
        self._first = True
        self._length, self._held = 0, held

    def finished(self, sizes: Sequence[int]) -> tuple[int, Iterator[bytes]]:
        """How long the text is, and it in gzip members. To be called when the line has ended."""
        self._close_entry()
        self._text += f'\n],\n"blocks": {json.dumps(list(sizes))}}}\n'.encode()
        self._pack()
        return self._length, self._held.pieces()

    def _take(self, thing: Thing) -> None:
        if isinstance(thing, dict):
            self._close_entry()
            self._facts = thing
            self._digest = hashlib.sha256() if thing["kind"] == "file" else None
        else:
            self._digest.update(thing)

    def _close_entry(self) -> None:
        """The last one is over when the next begins, or nothing follows."""
        if not self._facts:
            return
        facts: dict[str, Fact] = {**self._facts, "sha256": self._digest.hexdigest()} if self._digest else self._facts
        self._text += (b"" if self._first else b",\n") + json.dumps(facts, separators=(",", ":")).encode()
        self.counts[str(facts["kind"])] += 1
        self._facts, self._first = {}, False
        if len(self._text) >= BLOCK:
            self._pack()

    def _pack(self) -> None:
        self._length += len(self._text)
        for at in range(0, len(self._text), BLOCK):
            self._held.put(member(self._text[at : at + BLOCK]))
        self._text = bytearray()
