"""The front, asked in HTTP/2, as every browser asks it.

Frame by frame: the package ``h2`` takes a server's GOAWAY for the end of the request that it still answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from socket import socket

from hpack import Decoder, Encoder
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, RstStreamFrame, SettingsFrame

from frankenpanel.places import Places
from tests.bench.front import Front, Page, public

PROTOCOL = "h2"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD = 9
"""Bytes before what a frame holds."""
ONLY = 1
"""The number of the one stream of a connection. A page that fits the first window (64 KiB) is all it can carry."""


class Http2Front(Front):
    """Each request over a connection of its own."""

    def __init__(self, places: Places, port: int = 0, authority: str = "") -> None:
        super().__init__(places, port, authority)
        self.trust.set_alpn_protocols([PROTOCOL])

    def once(self, host: str, path: str = "/") -> Page:
        """Raises ConnectionResetError when the connection or the request ends before its answer does."""
        with self.shaken(host) as connection:
            if connection.selected_alpn_protocol() != PROTOCOL:
                raise ConnectionError(f"{host} is not served in HTTP/2")
            connection.sendall(_request(host, path))
            return answer(connection)


def _request(host: str, path: str) -> bytes:
    wanted = {":method": "GET", ":scheme": "https", ":authority": public(host), ":path": path}
    headers = HeadersFrame(ONLY, Encoder().encode(wanted.items()), flags=["END_HEADERS", "END_STREAM"])
    return PREFACE + SettingsFrame(0).serialize() + headers.serialize()


def answer(connection: socket) -> Page:
    """What the server says to the request, also while it goes."""
    headers, status, body = Decoder(), 0, b""
    for frame in _frames(connection):
        if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            connection.sendall(SettingsFrame(0, flags=["ACK"]).serialize())
        elif isinstance(frame, HeadersFrame):
            status = int(dict(headers.decode(frame.data, raw=True))[b":status"])
        elif isinstance(frame, DataFrame):
            body += frame.data
        elif isinstance(frame, RstStreamFrame) or (isinstance(frame, GoAwayFrame) and frame.last_stream_id < ONLY):
            break
        if isinstance(frame, HeadersFrame | DataFrame) and "END_STREAM" in frame.flags:
            return Page(status, body.decode(errors="replace"))
    raise ConnectionResetError("not answered to the end")


def _frames(connection: socket) -> Iterator[Frame]:
    """What the server says, until it says no more."""
    with connection.makefile("rb") as said:
        while len(head := said.read(HEAD)) == HEAD:
            frame, length = Frame.parse_frame_header(memoryview(head))
            frame.parse_body(memoryview(said.read(length)))
            yield frame
