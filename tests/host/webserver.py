"""A web server on loopback whose faults can be chosen."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

SHORT = 100
DAY = timedelta(days=1)


@dataclass
class Web:
    """What the server has, what it was asked for, and how it misbehaves."""

    port: int = 0
    pages: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    break_after: list[int] = field(default_factory=list)
    """One entry for each answer that is to break off, after so many bytes."""
    ignore_range: bool = False
    wrong_range: bool = False
    status: int = 200
    location: str = ""
    pause: float = 0
    """Seconds before the head of each answer."""
    server: ThreadingHTTPServer | None = None
    slow: float = 0
    """Seconds between the two halves of each body that is longer than a checksum."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def do_GET(self) -> None:
        web = self.web
        web.asked.append(self.path)
        time.sleep(web.pause)
        content = web.pages.get(urlsplit(self.path).path)
        if web.status != 200 or content is None:
            self._head(web.status if web.status != 200 else 404, 0)
            return
        start = self._start(len(content))
        if start > len(content) - 1:
            self._head(416, 0)
            return
        body = content[start:]
        self._head(206 if start else 200, len(body), start, len(content))
        self._send(body)

    def _start(self, length: int) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        path = urlsplit(self.path).path
        if asked:
            self.web.ranges.append(asked[0])
        same = self.headers.get("If-Range") in {None, self.web.etags.get(path)}
        return int(asked[1]) if asked and same and not self.web.ignore_range else 0

    def _head(self, status: int, length: int, start: int = 0, whole: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        if status == 206:
            first = 0 if self.web.wrong_range else start
            self.send_header("Content-Range", f"bytes {first}-{whole - 1}/{whole}")
        if tag := self.web.etags.get(urlsplit(self.path).path):
            self.send_header("ETag", tag)
        if self.web.location:
            self.send_header("Location", self.web.location)
        self.end_headers()

    def _send(self, body: bytes) -> None:
        self.close_connection = True
        if self.web.break_after:
            body = body[: self.web.break_after.pop(0)]
        half = len(body) // 2
        with suppress(ConnectionError):
            self.wfile.write(body[:half])
            time.sleep(self.web.slow if len(body) > SHORT else 0)
            self.wfile.write(body[half:])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or does not like a certificate, is no error of the test."""


@contextmanager
def web_server() -> Iterator[Web]:
    web = Web()
    server = web.server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"web": web}))
    server.daemon_threads = True
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def encrypted(web: Web, folder: Path) -> Iterator[Path]:
    """*web* speaks TLS meanwhile. Gives the certificate that a client must trust; it is made in *folder*."""
    assert web.server
    folder.mkdir(exist_ok=True)
    certificate = _certificate(folder / "server.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain = web.server.socket
    web.server.socket = context.wrap_socket(plain.dup(), server_side=True)
    try:
        yield certificate
    finally:
        web.server.socket.close()
        web.server.socket = plain


def _certificate(file: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = made.add_extension(address, critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return file
