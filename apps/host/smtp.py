"""Handing a message to a relay; what the relay answers becomes a sentence, and never tells the password."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from apps.host.addresses import Addresses
from apps.host.errors import HostError, Refused, Unavailable
from apps.host.printable import one_line

PATIENCE = 20.0
PERMANENT = 500
SAID = 200


@dataclass(frozen=True)
class Server:
    """A relay. *security*: ``tls`` from the first byte, ``starttls``, or ``none``. Without a *user* nobody logs in.

    *anywhere*: the host's own people have named it, so it may be in a network where an outsider could not come.
    """

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    anywhere: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Smtp:
    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def greet(self, server: Server) -> None:
        """Connect, encrypt and log in, and send nothing. Raises Refused or Unavailable with the relay's own words."""
        with self._session(server):
            return

    def send(self, server: Server, sender: str, recipients: Sequence[str], message: bytes) -> dict[str, str]:
        """Returns, for each recipient that the relay would not have, what it said; the others have it then."""
        with self._session(server) as session:
            refused = session.sendmail(sender, list(recipients), message)
        return {address: _said(answer[0], answer[1]) for address, answer in refused.items()}

    @contextmanager
    def _session(self, server: Server) -> Iterator[smtplib.SMTP]:
        try:
            session = self._connected(server)
            try:
                if server.user:
                    session.login(server.user, server.password)
                yield session
            finally:
                session.close()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise _sentence(server, error) from None

    def _connected(self, server: Server) -> smtplib.SMTP:
        context = ssl.create_default_context()
        session = _Session(server, self._socket, context if server.security == "tls" else None)
        if server.security == "starttls":
            try:
                session.starttls(context=context)
            except BaseException:
                session.close()
                raise
        return session

    def _socket(self, server: Server) -> socket.socket:
        """Connected, to a judged address where whoever has named the relay is not to be trusted with any."""
        if server.anywhere:
            return socket.create_connection((server.host, server.port), PATIENCE)
        connected = self._addresses.connect(server.host, server.port, PATIENCE)
        connected.settimeout(PATIENCE)
        return connected


class _Session(smtplib.SMTP):
    """Over the connection that *connect* makes; with TLS from the first byte where there is a *context*."""

    def __init__(
        self, server: Server, connect: Callable[[Server], socket.socket], context: ssl.SSLContext | None
    ) -> None:
        self._server, self._connect, self._context = server, connect, context
        super().__init__(server.host, server.port, timeout=PATIENCE)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = self._connect(self._server)
        return self._context.wrap_socket(plain, server_hostname=host) if self._context else plain


def _sentence(server: Server, error: Exception) -> HostError:
    """The first of the cases below that fits: those that are more exact stand first."""
    for kind, told in CASES.items():
        if isinstance(error, kind):
            return told(server, error)
    return Unavailable(f"The relay {server} cannot be reached: {error}.")


def _login(server: Server, error: Exception) -> HostError:
    return _answered(server, f"refuses the login of {server.user}", error)


def _recipients(server: Server, error: Exception) -> HostError:
    refused: dict[str, tuple[int, bytes]] = getattr(error, "recipients", {})
    address, (code, text) = next(iter(refused.items()), ("nobody", (PERMANENT, b"")))
    kind = Refused if code >= PERMANENT else Unavailable
    return kind(f"The relay {server} takes nothing for {address}: {_said(code, text)}.")


def _response(server: Server, error: Exception) -> HostError:
    return _answered(server, "will not have it", error)


def _answered(server: Server, what: str, error: Exception) -> HostError:
    code = int(getattr(error, "smtp_code", PERMANENT))
    kind = Refused if code >= PERMANENT else Unavailable
    return kind(f"The relay {server} {what}: {_said(code, getattr(error, 'smtp_error', b''))}.")


def _said(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return one_line(f"{code} {words}", SAID).rstrip(". ")


def _untrusted(server: Server, error: Exception) -> HostError:
    return Refused(f"The relay {server} shows a certificate that is not to be trusted: {error}.")


def _no_tls(server: Server, error: Exception) -> HostError:
    return Refused(f"The relay {server} does not speak TLS there; try another port, or starttls in place of tls.")


def _not_offered(server: Server, error: Exception) -> HostError:
    return Refused(f"The relay {server} does not offer what was set: {error}.".replace("..", "."))


def _hung_up(server: Server, error: Exception) -> HostError:
    return Unavailable(f"The relay {server} hung up. Does it want TLS from the first byte (tls)?")


CASES: dict[type[Exception], Callable[[Server, Exception], HostError]] = {
    ssl.SSLCertVerificationError: _untrusted,
    ssl.SSLError: _no_tls,
    smtplib.SMTPAuthenticationError: _login,
    smtplib.SMTPNotSupportedError: _not_offered,
    smtplib.SMTPRecipientsRefused: _recipients,
    smtplib.SMTPResponseException: _response,
    smtplib.SMTPServerDisconnected: _hung_up,
}
