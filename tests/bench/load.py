"""A visitor's load: fresh TLS connections to the front of this machine, one request over each, every answer checked.

    with under_load(Visitor(front, "shop.localhost", lambda page: "Shop" in page.body)) as seen:
        ...
    assert seen.wrong == []

Bounded in number and in time, and it goes nowhere but to loopback.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from math import inf
from time import monotonic, sleep

from tests.bench.front import Front, Page

OK = 200
MOST = 20_000
LONGEST = 300.0
"""Seconds, and requests, after which a load ends by itself."""
CLOSED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError, http.client.RemoteDisconnected)


@dataclass(frozen=True)
class Visitor:
    """Asks for one page again and again. *right* says of one with status 200 whether it is the page."""

    front: Front
    host: str
    right: Callable[[Page], bool]
    path: str = "/"

    def visit(self) -> str:
        """"" for the page, ``closed`` for a connection that ended before the first byte, else what is wrong."""
        try:
            page = self.front.once(self.host, self.path)
        except CLOSED:
            return "closed"
        except (OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__}: {error}"
        if page.status != OK:
            return f"status {page.status}"
        return "" if self.right(page) else f"another body: {page.body[:200]!r}"


@dataclass
class Seen:
    """What the visitors met: *wrong* answers in words, *longest* in seconds."""

    good: int = 0
    closed: int = 0
    wrong: list[str] = field(default_factory=list)
    longest: float = 0.0

    @property
    def total(self) -> int:
        return self.good + self.closed + len(self.wrong)

    @property
    def closed_of_a_thousand(self) -> float:
        return 1000 * self.closed / self.total if self.total else 0.0

    def until(self, total: int, seconds: float = LONGEST) -> None:
        """Wait until so many visits were made."""
        ends = monotonic() + seconds
        while self.total < total and monotonic() < ends:
            sleep(0.01)
        assert self.total >= total, f"only {self.total} visits in {seconds:.0f} s"

    def text(self) -> str:
        return (
            f"{self.total} fresh connections: {len(self.wrong)} wrong, {self.closed} closed before the first byte"
            f" ({self.closed_of_a_thousand / 10:.3f} %), the longest took {self.longest:.2f} s"
        )


@contextmanager
def under_load(
    visitor: Visitor, hands: int = 4, most: int = MOST, seconds: float = LONGEST, pace: float = inf
) -> Iterator[Seen]:
    """*hands* visits at a time for as long as the block lasts, or until *most* of them or *seconds* are over.

    *pace*: so many begin in a second at most.
    """
    seen, ended, numbers, lock = Seen(), threading.Event(), count(), threading.Lock()
    starts = monotonic()

    def visit_on_and_on() -> None:
        while (number := next(numbers)) < most and not ended.wait(max(0, starts + number / pace - monotonic())):
            began = monotonic()
            if began >= starts + seconds:
                return
            met = visitor.visit()
            with lock:
                _note(seen, met, monotonic() - began)

    threads = [threading.Thread(target=visit_on_and_on, daemon=True) for _ in range(hands)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _note(seen: Seen, met: str, took: float) -> None:
    seen.longest = max(seen.longest, took)
    if met == "closed":
        seen.closed += 1
    elif met:
        seen.wrong.append(met)
    else:
        seen.good += 1
