"""The beginning of an age file: for each recipient a stanza with the file's key, locked for him, and a seal over all.

``age-encryption.org/v1``; of its kinds of recipients X25519 alone. Others' stanzas are passed over.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.host.archive.faults import Damaged, Locked
from apps.host.archive.keys import Key, public
from apps.host.errors import Refused

VERSION = b"age-encryption.org/v1\n"
LABEL = b"age-encryption.org/v1/X25519"
COLUMNS = 64
LONGEST = 16_384
"""Bytes of a header: 150 recipients."""
FILE_KEY, LOCKED_KEY, NONCE = 16, 32, 16
ONCE = bytes(12)
BROKEN = "The archive's beginning is damaged; use another copy of it."


@dataclass
class Stanza:
    words: list[bytes]
    body: bytes = b""


@dataclass
class Header:
    """*sealed*: all that the *seal* is over. *length*: how many bytes it is, with the nonce that follows."""

    stanzas: list[Stanza] = field(default_factory=list)
    sealed: bytes = b""
    seal: bytes = b""
    nonce: bytes = b""
    length: int = 0


def written(recipients: Sequence[str]) -> tuple[bytes, ChaCha20Poly1305]:
    """A new header, and what the content is encrypted by. Each file has a key of its own."""
    if not recipients:
        raise Refused("An archive that is locked needs somebody whom it is locked for.")
    key, nonce = os.urandom(FILE_KEY), os.urandom(NONCE)
    sealed = VERSION + b"".join(_stanza(key, public(recipient)) for recipient in recipients) + b"---"
    return sealed + b" " + _text(_seal(key, sealed)) + b"\n" + nonce, _payload(key, nonce)


def opened(header: Header, keys: Sequence[Key]) -> ChaCha20Poly1305:
    """What the content is decrypted by. Locked where none of *keys* fits, Damaged where the seal is broken."""
    for key in keys:
        for stanza in header.stanzas:
            if (found := _file_key(stanza, key.secret())) is not None:
                if not hmac.compare_digest(_seal(found, header.sealed), header.seal):
                    raise Damaged(BROKEN)
                return _payload(found, header.nonce)
    raise Locked("None of the keys at hand opens this archive; it is locked for others, or its beginning was changed.")


def read(take: Callable[[int], bytes]) -> Header:
    """Parse a header. *take* gives so many bytes, or what there is. Damaged for what is none."""
    reading = _Reading(take)
    if reading.line() != VERSION:
        raise Damaged("This is no archive that age has locked in its first version.")
    header = Header(sealed=VERSION)
    while not (line := reading.line()).startswith(b"---"):
        header.stanzas.append(_parsed(line, reading))
    header.sealed = reading.passed[: -len(line) + len(b"---")]
    header.seal = _bytes(line[len(b"--- ") : -1]) if line.startswith(b"--- ") else b""
    header.nonce = take(NONCE)
    header.length = len(reading.passed) + NONCE
    if len(header.nonce) < NONCE:
        raise Damaged(BROKEN)
    return header


class _Reading:
    """Lines, each with its end, and no more of them than a header may have."""

    def __init__(self, take: Callable[[int], bytes]) -> None:
        self.take = take
        self.passed = b""

    def line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            letter = self.take(1)
            line += letter
            if not letter or len(self.passed) + len(line) > LONGEST:
                raise Damaged(BROKEN)
        self.passed += line
        return line


def _parsed(line: bytes, reading: _Reading) -> Stanza:
    if not line.startswith(b"-> "):
        raise Damaged(BROKEN)
    stanza, text = Stanza(line[3:-1].split(b" ")), b""
    while True:
        part = reading.line()[:-1]
        text += part
        if len(part) > COLUMNS:
            raise Damaged(BROKEN)
        if len(part) < COLUMNS:
            break
    stanza.body = _bytes(text)
    return stanza


def _stanza(key: bytes, recipient: X25519PublicKey) -> bytes:
    own = X25519PrivateKey.generate()
    share = own.public_key().public_bytes_raw()
    wrapping = _derived(own.exchange(recipient), share + recipient.public_bytes_raw(), LABEL)
    return b"-> X25519 " + _text(share) + b"\n" + _text(ChaCha20Poly1305(wrapping).encrypt(ONCE, key, None)) + b"\n"


def _file_key(stanza: Stanza, secret: X25519PrivateKey) -> bytes | None:
    """The file's key, if *stanza* is locked for *secret*."""
    kind, *shares = stanza.words
    if kind != b"X25519" or len(shares) != 1 or len(stanza.body) != LOCKED_KEY:
        return None
    share = _bytes(shares[0])
    with suppress(InvalidTag, ValueError):  # ValueError: a share of a wrong length, or one that tells nothing
        shared = secret.exchange(X25519PublicKey.from_public_bytes(share))
        wrapping = _derived(shared, share + secret.public_key().public_bytes_raw(), LABEL)
        return ChaCha20Poly1305(wrapping).decrypt(ONCE, stanza.body, None)
    return None


def _seal(key: bytes, sealed: bytes) -> bytes:
    return hmac.digest(_derived(key, b"", b"header"), sealed, "sha256")


def _payload(key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_derived(key, nonce, b"payload"))


def _derived(material: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(material)


def _text(content: bytes) -> bytes:
    return base64.b64encode(content).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    """Damaged for anything but the one text that stands for its bytes."""
    try:
        content = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise Damaged(BROKEN) from None
    if _text(content) != text:
        raise Damaged(BROKEN)
    return content
