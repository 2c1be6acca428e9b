"""What somebody will want next, made by a thread while he is at what he has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

from apps.host.archive.gently import gently

T = TypeVar("T")
LOOK = 0.1
"""Seconds after which a thread looks whether anybody still waits for it."""


class _Failed:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(things: Iterable[T], most: int) -> Iterator[T]:
    """*things*, of which up to *most* are there before they are asked for. Their error comes where they would."""
    queue: Queue[T | _Failed] = Queue(most)
    left = Event()
    thread = Thread(target=_make, args=(things, queue, left), daemon=True)
    thread.start()
    try:
        while not isinstance(thing := queue.get(), _Failed):
            yield thing
        if thing.error is not None:
            raise thing.error
    finally:
        left.set()
        thread.join()


def _make(things: Iterable[T], queue: Queue[T | _Failed], left: Event) -> None:
    gently()
    error: BaseException | None = None
    try:
        for thing in things:
            if not _handed(queue, thing, left):
                return
    except BaseException as raised:  # noqa: BLE001 - it is raised where somebody can do something
        error = raised
    _handed(queue, _Failed(error), left)


def _handed(queue: Queue[T | _Failed], thing: T | _Failed, left: Event) -> bool:
    while not left.is_set():
        try:
            queue.put(thing, timeout=LOOK)
        except Full:
            continue
        return True
    return False
