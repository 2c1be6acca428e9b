"""Sealing what must be kept: only a process that may read the key files, a runner, opens it again."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from apps.host.errors import Refused


@dataclass(frozen=True)
class Vault:
    """*keys* is a file with one Fernet key a line: the first seals, every one opens.

    Beside it lies the private half of the server's letterbox: the doors seal for its public half.
    """

    keys: Path

    def seal(self, text: str) -> str:
        return self._fernet().encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. Refused when none of the keys sealed it."""
        try:
            return self._fernet().decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Refused(f"None of the keys in {self.keys} opens this secret; put the old key back.") from error

    def is_newest(self, sealed: str) -> bool:
        """Whether the first key has sealed it."""
        try:
            Fernet(self._keys()[0]).decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: str) -> str:
        """The same text, sealed by the first key. Refused when none of the keys opens it."""
        return sealed if self.is_newest(sealed) else self.seal(self.open(sealed))

    def mark(self) -> str:
        """What the first key is known by, in a record that anybody may read."""
        return hashlib.sha256(self._keys()[0].encode()).hexdigest()[:12]

    def with_new_key(self) -> str:
        """What the file shall hold for a new key to seal, and for the old ones to open still."""
        return _text([Fernet.generate_key().decode(), *self._keys()])

    def with_old_key(self, mark: str) -> str:
        """The same with the key of that *mark* first again: what the new one has sealed meanwhile opens still."""
        return _text(sorted(self._keys(), key=lambda key: hashlib.sha256(key.encode()).hexdigest()[:12] != mark))

    def with_newest_key(self) -> str:
        """The first key alone."""
        return _text(self._keys()[:1])

    def letterbox_key(self) -> bytes:
        """What opens the letterbox: 32 bytes, of X25519."""
        file = self.keys.with_name("letterbox")
        try:
            return urlsafe_b64decode(file.read_text())
        except OSError as error:
            raise Refused(f"The key file {file} cannot be read; only a runner may open secrets.") from error

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self._keys()])

    def _keys(self) -> list[str]:
        try:
            return self.keys.read_text().split()
        except OSError as error:
            raise Refused(f"The key file {self.keys} cannot be read; only a runner may open secrets.") from error


def _text(keys: list[str]) -> str:
    return "".join(f"{key}\n" for key in keys)
