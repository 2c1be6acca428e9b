"""Sealing what must be kept: only a process that may read the key files, a runner, opens it again."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from apps.host.errors import Refused
from apps.host.key_file import KeyFile


@dataclass(frozen=True)
class Vault:
    """*keys* is a file with one Fernet key a line: the first seals, every one opens.

    Beside it lie the private halves of the server's letterbox: the doors seal for the first one's public half.
    """

    keys: Path

    @property
    def own(self) -> KeyFile:
        return KeyFile(self.keys)

    @property
    def letterbox(self) -> KeyFile:
        return KeyFile(self.keys.with_name("letterbox"))

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
            Fernet(self.own.read()[0]).decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: str) -> str:
        """The same text, sealed by the first key. Refused when none of the keys opens it."""
        return sealed if self.is_newest(sealed) else self.seal(self.open(sealed))

    def letterbox_keys(self) -> list[bytes]:
        """What opens the letterbox, each 32 bytes, of X25519: the newest first."""
        return [urlsafe_b64decode(key) for key in self.letterbox.read()]

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self.own.read()])
