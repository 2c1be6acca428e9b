"""The tar, cut into blocks of 1 MiB, packed by two threads, and handed on in order by a third."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from apps.host.archive.gently import gently
from apps.host.archive.line import Line
from apps.host.archive.members import BLOCK, member

THREADS, WAITING = 2, 3
Bytes = bytes | bytearray | memoryview


class Blocks:
    """*at*: how many bytes were put. *sizes*: what each full block became; *packed*: all of them together."""

    def __init__(self, pool: ThreadPoolExecutor, hand_on: Callable[[bytes], object]) -> None:
        self.at = self.packed = 0
        self.sizes = array("L")
        self.line: Line[Future[bytes]] = Line(self._finish, WAITING)
        self._pool, self._hand_on = pool, hand_on
        self._block = bytearray()

    def put(self, content: Bytes) -> None:
        self.at += len(content)
        left = memoryview(content)
        while left:
            room = BLOCK - len(self._block)
            self._block += left[:room]
            left = left[room:]
            if len(self._block) == BLOCK:
                self.end_block()

    def end_block(self) -> None:
        """What was put so far is packed without what follows."""
        if self._block:
            self.line.put(self._pool.submit(member, self._block))
            self._block = bytearray()

    def _finish(self, packing: Future[bytes]) -> None:
        packed = packing.result()
        self.sizes.append(len(packed))
        self.packed += len(packed)
        self._hand_on(packed)


@contextmanager
def packing(hand_on: Callable[[bytes], object]) -> Iterator[Blocks]:
    """All that was put has been handed on when this ends well; when it does not, its threads have ended too."""
    with ThreadPoolExecutor(THREADS, initializer=gently) as pool:
        blocks = Blocks(pool, hand_on)
        with blocks.line:
            yield blocks
            blocks.end_block()
