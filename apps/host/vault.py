"""Sealing what must be kept: only a process that may read the key files, a runner, opens it again."""

from __future__ import annotations

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

    def letterbox_key(self) -> bytes:
        """What opens the letterbox: 32 bytes, of X25519."""
        file = self.keys.with_name("letterbox")
        try:
            return urlsafe_b64decode(file.read_text())
        except OSError as error:
            raise Refused(f"The key file {file} cannot be read; only a runner may open secrets.") from error

    def _fernet(self) -> MultiFernet:
        try:
            return MultiFernet([Fernet(key) for key in self.keys.read_text().split()])
        except OSError as error:
            raise Refused(f"The key file {self.keys} cannot be read; only a runner may open secrets.") from error
