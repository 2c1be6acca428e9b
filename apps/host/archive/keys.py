"""Keys of age (X25519): who is named as a recipient when an archive is written can open it with the identity.

The panel writes for recipients alone, which are no secrets; an identity is needed to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from apps.host.archive import bech32
from apps.host.errors import Refused

IDENTITY, RECIPIENT = "age-secret-key-", "age"
SIZE = 32


@dataclass(frozen=True)
class Key:
    """*identity*: the secret, as ``age-keygen`` writes it. *recipient*: what archives are locked for."""

    identity: str = field(repr=False)
    recipient: str

    def secret(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(_content(IDENTITY, self.identity, "key"))


def new_key() -> Key:
    return _key(X25519PrivateKey.generate())


def read_key(text: str) -> Key:
    """The key in *text*: an identity, or a file of ``age-keygen`` with one. Refused for anything else."""
    lines = [line.strip() for line in text.splitlines()]
    identities = [line for line in lines if line and not line.startswith("#")]
    if len(identities) != 1:
        raise Refused("One key is needed: a line that begins with AGE-SECRET-KEY-1.")
    return _key(X25519PrivateKey.from_private_bytes(_content(IDENTITY, identities[0], "key")))


def read_keys(texts: Sequence[str]) -> list[Key]:
    return [read_key(text) for text in texts]


def public(recipient: str) -> X25519PublicKey:
    """What *recipient* stands for. Refused, with what is wrong, for anything but ``age1…``."""
    return X25519PublicKey.from_public_bytes(_content(RECIPIENT, recipient.strip(), "recipient"))


def checked_recipient(text: str) -> str:
    """The recipient in *text* as age writes it. Refused for what is none, or stands for no key."""
    recipient = public(text)
    try:
        X25519PrivateKey.generate().exchange(recipient)
    except ValueError as error:
        raise Refused("This recipient of age stands for no key; nothing can be locked for it.") from error
    return bech32.encode(RECIPIENT, recipient.public_bytes_raw())


def _key(secret: X25519PrivateKey) -> Key:
    identity = bech32.encode(IDENTITY, secret.private_bytes_raw()).upper()
    return Key(identity, bech32.encode(RECIPIENT, secret.public_key().public_bytes_raw()))


def _content(beginning: str, text: str, what: str) -> bytes:
    """Its 32 bytes. The sentence does not repeat *text*, which may be a secret."""
    try:
        content = bech32.decode(beginning, text)
    except ValueError as error:
        raise Refused(f"This {what} of age cannot be read: {error}. Copy it once more.") from None
    if len(content) != SIZE:
        raise Refused(f"This {what} of age has {len(content)} bytes instead of {SIZE}. Copy it once more.")
    return content
