"""A way to a server that may break off, stand still or be slow, for as long as a test says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import sleep

CHUNK = 65536


@dataclass
class Wire:
    """*left*: bytes that still go towards the server before every connection breaks; None: no end of them.

    *back*: bytes that come back before the connection breaks that carries them; then there is no end of them.
    *pause*: seconds between two chunks. *silent*: nothing goes back any more.
    """

    to: int
    port: int = 0
    left: int | None = None
    back: int = 0
    pause: float = 0.0
    silent: bool = False
    carried: int = 0
    ends: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """Break every connection there is."""
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def carry(self, source: socket.socket, target: socket.socket, *, forth: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK):
                sleep(self.pause)
                if self.silent and not forth:
                    continue
                if not (self._may_pass(len(chunk)) if forth else self._may_return(len(chunk))):
                    break
                target.sendall(chunk)
        if self.silent and not forth:
            return
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _may_pass(self, count: int) -> bool:
        self.carried += count
        if self.left is not None:
            self.left -= count
        return self.left is None or self.left >= 0

    def _may_return(self, count: int) -> bool:
        if self.back > 0:
            self.back -= count
            return self.back > 0
        return True


@contextmanager
def wire(to: int) -> Iterator[Wire]:
    """A listener on loopback that carries each connection to the port *to*."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Wire(to, listener.getsockname()[1])
        thread = threading.Thread(target=_accept, args=(listener, made), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            made.cut()
            thread.join(5)


def _accept(listener: socket.socket, made: Wire) -> None:
    with suppress(OSError):
        while True:
            near, _ = listener.accept()
            far = socket.create_connection(("127.0.0.1", made.to))
            made.ends += [near, far]
            for source, target, forth in ((near, far, True), (far, near, False)):
                threading.Thread(target=made.carry, args=(source, target), kwargs={"forth": forth}, daemon=True).start()
