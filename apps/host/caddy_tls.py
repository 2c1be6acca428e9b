"""Which certificate the front shows for a name: asked as a visitor asks, which also proves that it is served."""

from __future__ import annotations

import socket
import ssl

from apps.host.errors import Unavailable


def served_certificate(host: str, port: int, timeout: float = 5) -> bytes | None:
    """The certificate that the front on this machine shows for *host*: DER bytes, checked by nobody.

    None when the front knows no such name, or is still getting its certificate: for a name of its own authority
    that takes some milliseconds after the load. Unavailable when nothing listens on *port*.
    """
    try:
        try:
            return _shown(host, port, timeout)
        except ConnectionResetError:  # a load cuts off who is in his handshake just then
            return _shown(host, port, timeout)
    except ssl.SSLError:
        return None
    except OSError as error:
        raise Unavailable(f"Nothing answers on port {port}; './panel up' starts the front.") from error


def _shown(host: str, port: int, timeout: float) -> bytes | None:
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    asking.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout) as plain,
        asking.wrap_socket(plain, server_hostname=host) as secure,
    ):
        return secure.getpeercert(binary_form=True)
