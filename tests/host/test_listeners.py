from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from apps.host import listeners


def test_a_listener_is_named_with_its_pid_and_program() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert port in listeners.listening()
        assert listeners.pids(port) == [os.getpid()]
        assert listeners.holder(port) == f"pid {os.getpid()} ({Path(sys.executable).resolve()})"
    assert listeners.holder(port) is None


def test_a_port_that_is_only_connected_to_is_free_to_listen_on() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        with socket.create_connection(server.getsockname()[:2]) as client:
            assert client.getsockname()[1] not in listeners.listening()
        assert server.getsockname()[1] in listeners.listening()
