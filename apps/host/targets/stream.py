"""A copy as a file to be read, made of range reads: a connection that breaks costs a block, not the whole."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 8 << 20
Read = Callable[[int, int], bytes]


class Stream(io.RawIOBase):
    def __init__(self, read_at: Read, size: int, block: int = BLOCK) -> None:
        self._read_at = read_at
        self._size, self._block = size, block
        self._at = 0
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """As much as is there of the block at hand, or of the next."""
        if not self._held and self._at < self._size:
            held = self._read_at(self._at, min(self._block, self._size - self._at))
            self._held, self._at = memoryview(held), self._at + len(held)
        wanted = memoryview(buffer).cast("B")
        count = min(len(wanted), len(self._held))
        wanted[:count] = self._held[:count]
        self._held = self._held[count:]
        return count
