"""The question for a certificate, to a front that is just being loaded: it is asked again, once."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from apps.host.caddy_tls import served_certificate
from apps.host.errors import Unavailable

AT_ONCE = struct.pack("ii", 1, 0)
"""Closed with it, a connection is reset."""


@contextmanager
def resets(first: int) -> Iterator[tuple[int, list[int]]]:
    """A port where of two connections the *first* are reset once they have spoken, and others end.

    Gives who has come, too.
    """
    met: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def meet() -> None:
            for number in range(2):
                came, _ = server.accept()
                with came:
                    met.append(number)
                    came.recv(65536)
                    if number < first:
                        came.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)

        meeting = Thread(target=meet)
        meeting.start()
        yield server.getsockname()[1], met
        meeting.join()


def test_a_front_that_resets_a_handshake_is_asked_again() -> None:
    with resets(1) as (port, met):
        assert served_certificate("one.test", port) is None
    assert met == [0, 1]


def test_one_that_resets_it_again_does_not_answer() -> None:
    with resets(2) as (port, met), pytest.raises(Unavailable, match="Nothing answers"):
        served_certificate("one.test", port)
    assert met == [0, 1]
