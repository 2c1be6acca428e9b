"""A file of keys that only runners read: the first is the one in use, the others open what they have sealed."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from apps.host.errors import Refused

LENGTH = 32


@dataclass(frozen=True)
class KeyFile:
    """One key a line: 32 bytes, as Fernet writes them. What it shall hold is told here and written by ``Files``."""

    path: Path

    def read(self) -> list[str]:
        try:
            return self.path.read_text().split()
        except OSError as error:
            raise Refused(f"The key file {self.path} cannot be read; only a runner may open secrets.") from error

    def mark(self) -> str:
        """What the first key is known by, in a record that anybody may read."""
        return _mark(self.read()[0])

    def with_new_key(self) -> str:
        """What the file shall hold for a new key to seal, and for the old ones to open still."""
        return _text([urlsafe_b64encode(secrets.token_bytes(LENGTH)).decode(), *self.read()])

    def with_old_key(self, mark: str) -> str:
        """The same with the key of that *mark* first again: what the new one has sealed meanwhile opens still."""
        return _text(sorted(self.read(), key=lambda key: _mark(key) != mark))

    def with_newest_key(self) -> str:
        """The first key alone."""
        return _text(self.read()[:1])


def _mark(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def _text(keys: list[str]) -> str:
    return "".join(f"{key}\n" for key in keys)
