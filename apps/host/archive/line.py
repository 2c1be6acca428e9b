"""A thread that does one thing to what is handed to it, in order."""

from __future__ import annotations

from collections.abc import Callable
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Generic, TypeVar

from apps.host.archive.gently import gently

T = TypeVar("T")


class Line(Generic[T]):
    """At most *most* things wait, then whoever hands over waits. What goes wrong is raised by the next call.

    Left by an error, it ends without doing what still waits.
    """

    def __init__(self, work: Callable[[T], object], most: int) -> None:
        self._work = work
        self._waiting: Queue[T | None] = Queue(most)
        self._error: BaseException | None = None
        self._given_up = False
        self._thread = Thread(target=self._run, daemon=True)

    def put(self, thing: T) -> None:
        if self._error is not None:
            raise self._error
        self._waiting.put(thing)

    def __enter__(self) -> Line[T]:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._given_up = error is not None
        self._waiting.put(None)
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    def _run(self) -> None:
        gently()
        while (thing := self._waiting.get()) is not None:
            if self._error is None and not self._given_up:
                try:
                    self._work(thing)
                except BaseException as error:  # noqa: BLE001 - it is raised where somebody can do something
                    self._error = error
