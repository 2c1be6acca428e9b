"""Chunks of any sizes, taken in the sizes that somebody needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.host.archive.faults import Damaged

CUT = "The archive is cut short. Use another copy of it."
LARGE = 1 << 20


class ByteStream:
    """*at*: how many bytes have been taken."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._chunk = memoryview(b"")
        self.at = 0

    def some(self, most: int = LARGE) -> memoryview:
        """What comes next, at most so many bytes; none at the end. It is of the chunk itself, and not copied."""
        while not self._chunk:
            chunk = next(self._chunks, None)
            if chunk is None:
                return self._chunk
            self._chunk = memoryview(chunk)
        taken, self._chunk = self._chunk[:most], self._chunk[most:]
        self.at += len(taken)
        return taken

    def up_to(self, count: int) -> bytes:
        """*count* bytes, or what there is."""
        first = self.some(count)
        if len(first) == count:
            return bytes(first)
        taken = bytearray(first)
        while len(taken) < count and (more := self.some(count - len(taken))):
            taken += more
        return bytes(taken)

    def exactly(self, count: int) -> bytes:
        """*count* bytes. Damaged when there are not so many."""
        taken = self.up_to(count)
        if len(taken) < count:
            raise Damaged(CUT)
        return taken

    def parts(self, count: int) -> Iterator[memoryview]:
        """*count* bytes as they come. Damaged when there are not so many."""
        while count:
            part = self.some(count)
            if not part:
                raise Damaged(CUT)
            count -= len(part)
            yield part

    def rest(self) -> Iterator[bytes]:
        while part := self.some():
            yield bytes(part)
