"""The front, asked in HTTP/2, as every browser asks it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, Event, ResponseReceived, StreamEnded, StreamReset

from frankenpanel.places import Places
from tests.bench.front import Front, Page, public

PROTOCOL = "h2"
READ = 65_536
ONLY = 1
"""The number of the one stream of a connection."""


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
            return _exchange(connection, host, path)


def _exchange(connection: ssl.SSLSocket, host: str, path: str) -> Page:
    spoken = H2Connection(H2Configuration(client_side=True))
    spoken.initiate_connection()
    wanted = {":method": "GET", ":scheme": "https", ":authority": public(host), ":path": path}
    spoken.send_headers(ONLY, list(wanted.items()), end_stream=True)
    connection.sendall(spoken.data_to_send())
    status, body = 0, b""
    for event in _events(connection, spoken):
        if isinstance(event, ResponseReceived):
            status = next(int(value) for name, value in event.headers if name == b":status")
        elif isinstance(event, DataReceived):
            body += event.data
            spoken.acknowledge_received_data(event.flow_controlled_length, ONLY)
        elif isinstance(event, StreamEnded):
            return Page(status, body.decode(errors="replace"))
        elif isinstance(event, StreamReset) or _is_refused(event):
            break
    raise ConnectionResetError(f"{host} was not answered to the end")


def _is_refused(event: Event) -> bool:
    """Whether the server goes without having taken the request; one that only goes says that it takes all there are."""
    return isinstance(event, ConnectionTerminated) and not event.last_stream_id


def _events(connection: ssl.SSLSocket, spoken: H2Connection) -> Iterator[Event]:
    """What the server says, until it says no more."""
    while said := connection.recv(READ):
        yield from spoken.receive_data(said)
        connection.sendall(spoken.data_to_send())
