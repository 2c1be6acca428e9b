"""Telling something to an address that somebody gave: signed, to a judged address, once, and followed nowhere.

Whoever receives it computes ``HMAC-SHA256(secret, timestamp + "." + body)``, compares it with the signature without
the ``v1=``, and refuses a timestamp that is minutes old: so nobody else can tell it things, nor the same twice.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from threading import Timer
from urllib.parse import urlsplit

from apps.host.addresses import Addresses
from apps.host.errors import Refused, Unavailable

CONNECT, WITHIN = 5.0, 15.0
"""Seconds for the connection, and for all of it: who answers byte by byte is not waited for."""
TIMESTAMP, SIGNATURE = "X-FrankenPanel-Timestamp", "X-FrankenPanel-Signature"
LONGEST = 2000
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Url:
    """*str* of it is what may be shown: the host alone, for the path of many a webhook is its password."""

    scheme: str
    host: str
    port: int
    target: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}"


def parsed(text: str) -> Url:
    """Raises ValueError with the end of the sentence "An address is …"."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    is_plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= LONGEST
    if not is_plain or parts.scheme not in PORTS or not parts.hostname or parts.username or port == 0:
        raise ValueError("one of the web, as in https://example.com/hook, without a user or blanks in it")
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return Url(parts.scheme, parts.hostname, port or PORTS[parts.scheme], target)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return f"v1={hmac.digest(secret.encode(), timestamp.encode() + b'.' + body, hashlib.sha256).hex()}"


class Webhooks:
    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def judge(self, url: Url) -> None:
        """Connect to nobody. Raises Inner or Refused where nothing may be told there."""
        found = self._addresses.resolve(url.host)
        if url.scheme == "http" and not all(self._addresses.is_allowed(ip_address(one)) for one in found):
            raise Refused(f"{url} is not encrypted; write https:// before its name.")

    def post(self, url: Url, body: bytes, secret: str) -> None:
        """Post the JSON *body*, signed where there is a *secret*. Any answer of 200 to 299 will do.

        Raises Refused for what will not pass: a redirect, an address that is gone, a certificate that is not to be
        trusted; Unavailable for every other answer, and for none.
        """
        self.judge(url)
        headers = {"Content-Type": "application/json", "User-Agent": "FrankenPanel", "Host": _host(url)}
        if secret:
            now = str(int(time.time()))
            headers |= {TIMESTAMP: now, SIGNATURE: signature(secret, now, body)}
        with self._connection(url) as connection:
            connection.request("POST", url.target, body, headers)
            _look_at(url, connection.getresponse().status)

    @contextmanager
    def _connection(self, url: Url) -> Iterator[http.client.HTTPConnection]:
        """One that breaks when its time is up, whatever it is doing."""
        plain = self._addresses.connect(url.host, url.port, CONNECT)
        watch = Timer(WITHIN, _break, [plain])
        watch.daemon = True
        watch.start()
        connection = http.client.HTTPConnection(url.host, url.port)
        try:
            connection.sock = _encrypted(plain, url) if url.scheme == "https" else plain
            yield connection
        except ssl.SSLCertVerificationError as error:
            raise Refused(f"{url} shows a certificate that is not to be trusted: {error.verify_message}.") from None
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"{url} does not answer, or broke off ({type(error).__name__}).") from None
        finally:
            watch.cancel()
            connection.close()
            plain.close()


def _encrypted(plain: socket.socket, url: Url) -> ssl.SSLSocket:
    plain.settimeout(WITHIN)
    return ssl.create_default_context().wrap_socket(plain, server_hostname=url.host)


def _break(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _host(url: Url) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return host if url.port == PORTS[url.scheme] else f"{host}:{url.port}"


def _look_at(url: Url, status: int) -> None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status < HTTPStatus.BAD_REQUEST:
        raise Refused(f"{url} answers {status}: it leads elsewhere, where nobody follows; give the address itself.")
    if status == HTTPStatus.GONE:
        raise Refused(f"{url} answers {status}: nothing more is wanted there.")
    raise Unavailable(f"{url} answers {status}.")
