"""How far a stream is, for a step that copies one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import Lock

from apps.host.archive.tar_reading import Member
from apps.operations.run import Run


class Counter:
    """Counts the bytes that pass, and tells them. Called while nothing passes, it sees to it that a cancel is heard.

    *total* may be an estimate: what is more than it counts as all of it.
    """

    def __init__(self, run: Run, total: int, text: str) -> None:
        self.run, self.total, self.text = run, total, text
        self.done = 0
        self._one_counts = Lock()

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.add(len(chunk))
            yield chunk

    def passing_by(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same in a thread, which has no journal to write to: whoever waits for it calls this meanwhile."""
        for chunk in chunks:
            with self._one_counts:
                self.done += len(chunk)
            yield chunk

    def passing_members(self, members: Iterable[Member]) -> Iterator[Member]:
        """Each counts as many bytes as it has."""
        for member in members:
            self.add(member.size)
            yield member

    def add(self, count: int) -> None:
        self.done += count
        self()

    def __call__(self) -> None:
        """Raises Cancelled once a cancel was asked for."""
        self.run.progress(self.done, max(self.done, self.total), self.text)
