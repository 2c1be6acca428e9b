"""Opens the sockets on which a server listens, and becomes the server, which takes them over as descriptors 3, 4, ….

    hand_over.py tcp:127.0.0.1:7080 tcp:127.0.0.1:7443 udp:127.0.0.1:7443 -- frankenphp run …

The server may then take another configuration as often as it likes: the sockets stay, and with them who waits in them.
Standard library only, and run by its path: it has no environment to find the panel's modules by.
"""

from __future__ import annotations

import os
import socket
import sys
from fcntl import F_DUPFD, fcntl

FIRST = 3
"""As systemd has it."""
WAITING = 4096
UNSPOKEN = 5
"""Seconds for which a visitor waits in the socket until he speaks: a server that ends before that would drop him."""
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
GIVEN = ("HOME",)
"""Of the environment: Python adds a word of its own to it."""


def main(argv: list[str]) -> None:
    """Does not return. A port that is taken ends it with the system's own sentence."""
    end = argv.index("--")
    hand_over([opened(address) for address in argv[:end]])
    program = argv[end + 1 :]
    os.execve(program[0], program, {name: os.environ[name] for name in GIVEN if name in os.environ})  # noqa: S606


def hand_over(sockets: list[socket.socket]) -> None:
    """Make them the descriptors from FIRST on, which outlive an exec. Out of each other's way first."""
    aside = [fcntl(one.detach(), F_DUPFD, FIRST + len(sockets) + 10) for one in sockets]
    for number, descriptor in enumerate(aside, FIRST):
        os.dup2(descriptor, number, inheritable=True)
        os.close(descriptor)


def opened(address: str) -> socket.socket:
    """A socket that has *address*, alone: nobody of the same user can share it, as Caddy's own would let him."""
    kind, _, place = address.partition(":")
    host, _, port = place.rpartition(":")
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, KINDS[kind])
    if kind == "tcp":
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, UNSPOKEN)
    found.bind((host, int(port)))
    if kind == "tcp":
        found.listen(WAITING)
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
