"""An archive with an index, opened: any file of it, or all of it, each checked against its digest as it is read.

It may lie anywhere, as long as parts of it can be read (`sources.Source`). Of one that is far away a file takes four
reads: the beginning, the end, the index, and the blocks in which the file is.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from apps.host.archive.age import MARK, TAIL, Unlocked
from apps.host.archive.age_header import LONGEST
from apps.host.archive.ahead import ahead
from apps.host.archive.checking import checked
from apps.host.archive.faults import Damaged, Hostile
from apps.host.archive.gently import gently
from apps.host.archive.index import Entry, Index
from apps.host.archive.keys import Key
from apps.host.archive.members import BLOCK, unpacked
from apps.host.archive.sources import Remembering, Source
from apps.host.archive.tar_reading import USUAL, Limits, Member, members
from apps.host.errors import Refused

AT_ONCE = 4
"""Blocks that are read at once, of a file or of all."""
THREADS, READ_AHEAD = 2, 4
MANIFEST, LONGEST_MANIFEST = "manifest.json", 1 << 20


class Archive:
    def __init__(self, source: Source, keys: Sequence[Key] = ()) -> None:
        """Open it. Locked when none of *keys* fits, Damaged where it is cut, changed or has no index of ours."""
        remembering = Remembering(source)
        locked = remembering.read_at(0, min(LONGEST, source.size)).startswith(MARK)
        self._content: Source = Unlocked(remembering, keys) if locked else remembering
        if not locked:
            remembering.read_at(max(0, source.size - TAIL), min(TAIL, source.size))
        self.index = Index(self._content)
        self._last = -1, b""

    def find(self, path: str) -> Entry:
        """Refused where the archive has no such path."""
        entry = self.index.find(path)
        if entry is None:
            raise Refused(f"The archive has no {path}.")
        return entry

    def content(self, entry: Entry) -> Iterator[bytes]:
        """A file's content. Damaged, at the end at the latest, when it is not as it was written."""
        digest, left = hashlib.sha256(), entry.size
        skipped = entry.at % BLOCK
        for block in self._blocks(entry.at // BLOCK, (entry.at + max(1, entry.size) - 1) // BLOCK + 1):
            part = block[skipped : skipped + left]
            skipped, left = 0, left - len(part)
            digest.update(part)
            yield part
        if left or digest.hexdigest() != entry.sha256:
            raise Damaged(f"{entry.path} is not as it was written. Use another copy of the archive.")

    def manifest(self) -> dict[str, Any]:
        """What the site was, as its backup says."""
        entry = self.find(MANIFEST)
        if entry.size > LONGEST_MANIFEST:
            raise Hostile("The archive's manifest is longer than a manifest is.")
        found = json.loads(b"".join(self.content(entry)))
        return found if isinstance(found, dict) else {}

    def members(self, limits: Limits = USUAL) -> Iterator[Member]:
        """All of the tar but its index, in its order and all threads at work; each member is as the index says."""
        with ThreadPoolExecutor(THREADS, initializer=gently) as pool:
            yield from checked(members(self._stream(pool), limits), self.index.entries())

    def verify(self) -> tuple[int, int]:
        """Read all of it. How many entries and bytes it has; Damaged for one that is not as it was written."""
        count = size = 0
        for member in self.members():
            count, size = count + 1, size + member.size
        return count, size

    def _stream(self, pool: ThreadPoolExecutor) -> Iterator[bytes]:
        """The tar, ended as a tar is where the index begins."""
        waiting: deque[Future[bytes]] = deque()
        for packed in ahead(self._packed(0, self.index.count), READ_AHEAD):
            waiting.append(pool.submit(unpacked, packed))
            if len(waiting) > THREADS + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        yield bytes(1024)

    def _blocks(self, first: int, end: int) -> Iterator[bytes]:
        """The last one is kept: of small files a thousand lie in it, and are wanted one after the other."""
        kept, block = self._last
        if kept == first:
            yield block
            first += 1
        for number, packed in enumerate(self._packed(first, min(end, self.index.count)), first):
            block = unpacked(packed)
            self._last = number, block
            yield block

    def _packed(self, first: int, end: int) -> Iterator[bytes]:
        for group in range(first, end, AT_ONCE):
            last = min(group + AT_ONCE, end) - 1
            begin = self.index.block(group)[0]
            content = self._content.read_at(begin, self.index.block(last)[1] - begin)
            for number in range(group, last + 1):
                at, until = self.index.block(number)
                yield content[at - begin : until - begin]
