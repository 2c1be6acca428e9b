"""An answer that only its asker can read: a database's log and its backups keep what was deleted long ago."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Envelope:
    """Made by the asker, for one answer. Its *address* may be seen by everybody; what opens it is nowhere else.

    With a *key* of 32 bytes it is one that was made before: a server's letterbox.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = X25519PrivateKey.from_private_bytes(key) if key else X25519PrivateKey.generate()

    @property
    def address(self) -> str:
        return _text(self._key.public_key())

    def open(self, sealed: str) -> Any:
        sender, _, content = sealed.partition(" ")
        return json.loads(_between(self._key, sender).decrypt(content.encode()))


def seal(address: str, answer: Any) -> str:
    """*answer*, which JSON can say, for the Envelope with this address."""
    key = X25519PrivateKey.generate()
    return f"{_text(key.public_key())} {_between(key, address).encrypt(json.dumps(answer).encode()).decode()}"


def _between(own: X25519PrivateKey, other: str) -> Fernet:
    shared = own.exchange(X25519PublicKey.from_public_bytes(urlsafe_b64decode(other)))
    return Fernet(urlsafe_b64encode(HKDF(SHA256(), 32, None, b"frankenpanel answer").derive(shared)))


def _text(key: X25519PublicKey) -> str:
    return urlsafe_b64encode(key.public_bytes_raw()).decode()
