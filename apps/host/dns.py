"""Where host names lead, as this machine's resolver says, and which addresses are this machine's own."""

from __future__ import annotations

import re
import socket
from collections.abc import Collection
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from threading import Thread
from time import monotonic

LOCAL = re.compile(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL")
"""An address of this machine, in the kernel's table of IPv4 routes."""
ROUTES, INTERFACES = Path("/proc/net/fib_trie"), Path("/proc/net/if_inet6")
NOBODY = (socket.EAI_NONAME, socket.EAI_NODATA)


def look_up(hosts: Collection[str], within: float) -> dict[str, list[str]]:
    """The addresses of each of *hosts*; of none that nobody can say anything about in *within* seconds.

    All are looked up at once. One that leads nowhere has an empty list.
    """
    found: dict[str, list[str]] = {}
    threads = [Thread(target=_ask, args=(host, found), daemon=True) for host in hosts]
    for thread in threads:
        thread.start()
    until = monotonic() + within
    for thread in threads:
        thread.join(max(0.0, until - monotonic()))
    return dict(found)


def own_addresses() -> set[str]:
    """The addresses that this machine's interfaces have, those of the loopback among them."""
    six = [line.split()[0] for line in INTERFACES.read_text().splitlines()] if INTERFACES.exists() else []
    own = {str(IPv6Address(bytes.fromhex(address))) for address in six}
    return own | set(LOCAL.findall(ROUTES.read_text() if ROUTES.exists() else ""))


def is_loopback(address: str) -> bool:
    return ip_address(address).is_loopback


def _ask(host: str, found: dict[str, list[str]]) -> None:
    if host.endswith(".localhost"):
        found[host] = ["127.0.0.1", "::1"]  # RFC 6761: on every machine, whatever a resolver says
        return
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        found[host] = sorted({str(answer[4][0]).partition("%")[0] for answer in answers})
    except socket.gaierror as error:
        if error.errno in NOBODY:
            found[host] = []
