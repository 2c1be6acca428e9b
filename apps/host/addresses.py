"""Hosts that somebody else names (a webhook's, a backup target's): looked up, judged, and connected to as judged.

The panel's runners stand where an outsider does not: beside the panel's own servers, the sites' ports, a cloud's
metadata service. So what somebody may let them connect to is the internet, and networks that the settings allow. The
name is looked up once, every address that it leads to must pass, and the connection goes to one of those: a name that
leads elsewhere a moment later leads nobody astray. No proxy is asked, for it would look the name up again.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from time import monotonic

from apps.host.dns import look_up
from apps.host.errors import Refused, Unavailable

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
LOOKING = 5.0
"""Seconds for the name."""
UNICAST = IPv6Network("2000::/3")
TRANSLATED = IPv6Network("64:ff9b::/96")
"""In its last 32 bits such an address holds the one that it is translated to."""


class Inner(Refused):
    """It leads to where an outsider could not come."""


class Addresses:
    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self.allowed = tuple(allowed)

    def resolve(self, host: str) -> list[str]:
        """The addresses of *host*, each one passed. Raises Inner where one is not, Unavailable where there is none."""
        found = look_up([host], LOOKING).get(host)
        if found is None:
            raise Unavailable(f"The name {host} cannot be looked up just now; try again later.")
        if not found:
            raise Unavailable(f"The name {host} leads nowhere; is it written correctly?")
        if not all(self.may_be(ip_address(one)) for one in found):
            raise Inner(
                f"{host} leads into a network that is not the internet. If that is meant, the panel's administrator"
                " allows it with FRANKENPANEL_PRIVATE_NETWORKS."
            )
        return found

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connection to *host*, within *seconds* in all. Errors as above; Unavailable where nobody answers."""
        until, why = monotonic() + seconds, "it took too long"
        for address in self.resolve(host):
            left = until - monotonic()
            if left <= 0:
                break
            try:
                return socket.create_connection((address, port), timeout=left)
            except OSError as error:
                why = error.strerror or str(error)
        raise Unavailable(f"{host} does not answer on port {port}: {why}.")

    def may_be(self, address: Address) -> bool:
        """Whether *address*, and the one that is wrapped in it, is the internet's or allowed."""
        inner = _wrapped(address)
        return self.is_allowed(address) or (_is_public(address) if inner is None else self.may_be(inner))

    def is_allowed(self, address: Address) -> bool:
        """Whether the settings name a network that it is in."""
        return any(address in network for network in self.allowed)


def _is_public(address: Address) -> bool:
    is_unicast = isinstance(address, IPv4Address) or address in UNICAST
    return is_unicast and address.is_global and not address.is_multicast


def _wrapped(address: Address) -> IPv4Address | None:
    """The IPv4 address that packets to this IPv6 address may end at."""
    if isinstance(address, IPv4Address):
        return None
    teredo = address.teredo[1] if address.teredo else None
    translated = IPv4Address(int(address) & 0xFFFFFFFF) if address in TRANSLATED else None
    return address.ipv4_mapped or address.sixtofour or teredo or translated
