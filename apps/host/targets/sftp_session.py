"""A session with one SSH server: to a judged address, with the machine that was agreed to, within so many seconds.

Who answers there is asked once (``host_key_of``), shown to whoever sets the target up, and kept with it. Another key
later is another machine, or somebody in between: nothing is sent to it, no password either.

paramiko is loaded where a target is really used.
"""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from apps.host.addresses import Addresses
from apps.host.errors import HostError, Refused
from apps.host.printable import one_line
from apps.host.targets.errors import Gone, KeyChanged, LoginRefused, Unfit, Unreachable

CONNECT, STALL = 10, 60
"""Seconds for each part of the greeting, and without a byte after which a connection counts as broken."""
RSA = ("rsa-sha2-512", "rsa-sha2-256")


@dataclass(frozen=True)
class HostKey:
    """A server's public key: its *kind*, as in ssh-ed25519, and the key itself in base 64."""

    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def fingerprint(self) -> str:
        """As OpenSSH shows it."""
        return f"SHA256:{b64encode(sha256(b64decode(self.key)).digest()).decode().rstrip('=')}"

    @classmethod
    def read(cls, text: str) -> HostKey:
        """From a line as in known_hosts, without the host. Raises Unfit."""
        words = text.split()
        try:
            kind, key = words[:2]
            b64decode(key, validate=True)
        except ValueError as error:
            raise Unfit("The server's key is to be written as in known_hosts: ssh-ed25519 AAAA…") from error
        return cls(kind, key)


@dataclass(frozen=True)
class SftpPlace:
    """Where, as whom (by *private_key*, else *password*), in which *folder*: from the login's on, unless absolute."""

    host: str
    user: str
    folder: str
    host_key: str
    port: int = 22
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


def host_key_of(host: str, port: int, addresses: Addresses) -> HostKey:
    """The key that the server shows now, to be agreed to. Errors as in ``connected``."""
    with spoken(f"{host}:{port}"):
        transport = _greeted(host, port, addresses, None)
        try:
            shown = transport.get_remote_server_key()
            return HostKey(shown.get_name(), shown.get_base64())
        finally:
            transport.close()


def connected(place: SftpPlace, addresses: Addresses) -> Any:
    """An SFTPClient of paramiko's, logged in; its transport is to be closed."""
    import paramiko  # noqa: PLC0415 - see above

    agreed = HostKey.read(place.host_key)
    with spoken(str(place)):
        transport = _greeted(place.host, place.port, addresses, agreed)
        try:
            _must_be(agreed, transport.get_remote_server_key(), place)
            _log_in(transport, place)
            client: Any = paramiko.SFTPClient.from_transport(transport)
            client.get_channel().settimeout(STALL)
        except BaseException:
            transport.close()
            raise
    return client


def _greeted(host: str, port: int, addresses: Addresses, agreed: HostKey | None) -> Any:
    """Encrypted, and nobody logged in yet. Of a server's keys the one of the kind that was *agreed* to is asked for."""
    import paramiko  # noqa: PLC0415 - see above

    connection = addresses.connect(host, port, CONNECT)
    try:
        transport = paramiko.Transport(connection)
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = CONNECT
        if agreed is not None:
            offered = transport.get_security_options()
            wanted = RSA if agreed.kind == "ssh-rsa" else (agreed.kind,)
            offered.key_types = sorted(offered.key_types, key=lambda kind: kind not in wanted)
        transport.start_client(timeout=CONNECT)
    except BaseException:
        connection.close()
        raise
    return transport


def _must_be(agreed: HostKey, shown: Any, place: SftpPlace) -> None:
    found = HostKey(shown.get_name(), shown.get_base64())
    if found != agreed:
        raise KeyChanged(
            f"{place.host} shows the key {found.fingerprint} instead of {agreed.fingerprint}. If its owner has changed"
            " it, agree to the new one; else somebody stands in between. Nothing was sent."
        )


def _log_in(transport: Any, place: SftpPlace) -> None:
    if place.private_key:
        transport.auth_publickey(place.user, _private(place.private_key))
    else:
        transport.auth_password(place.user, place.password)


def _private(text: str) -> Any:
    import paramiko  # noqa: PLC0415 - see above

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text))
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise Unfit("The private key is none that can be read: OpenSSH's form, without a passphrase.")


@contextmanager
def spoken(shown: str) -> Iterator[None]:
    """Turn what paramiko says into a sentence of ours."""
    import paramiko  # noqa: PLC0415 - see above
    from paramiko.ssh_exception import IncompatiblePeer  # noqa: PLC0415

    try:
        yield
    except paramiko.AuthenticationException:
        raise LoginRefused(f"{shown} does not let the panel in; look at the user, and its key or password.") from None
    except IncompatiblePeer:
        raise Refused(f"{shown} and the panel have no cipher or kind of key in common.") from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise _told(shown, error) from None


def _told(shown: str, error: Exception) -> HostError:
    """What the server said of a file, or that it is silent: one without a number comes from it, or from the wire."""
    if isinstance(error, FileNotFoundError):
        return Gone(f"{shown} does not have it.")
    if isinstance(error, PermissionError):
        return LoginRefused(f"{shown} lets the panel in, but not do this in that folder; look at its rights.")
    if type(error) is OSError and error.errno is None and "closed" not in str(error):
        return Refused(f"{shown} refuses: {one_line(str(error), 100) or 'it does not say why'}.")
    return Unreachable(f"{shown} does not answer, or broke off ({type(error).__name__}).")
