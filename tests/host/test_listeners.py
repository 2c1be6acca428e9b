from __future__ import annotations

import socket

from apps.host.listeners import listening


def test_a_port_that_is_only_connected_to_is_free_to_listen_on() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        with socket.create_connection(server.getsockname()[:2]) as client:
            assert client.getsockname()[1] not in listening()
        assert port in listening()
    assert port not in listening()
