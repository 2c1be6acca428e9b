"""Pieces that wait for an archive's end: in memory as long as they are few, then on the disk.

There they are in a file without a name, which is gone however all this ends, and locked with a key that is nowhere but
here: nothing of an archive ever lies on the disk in clear.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MOST = 8 << 20
"""Bytes that wait in memory: the index of a site of some two hundred thousand files."""


class Held:
    """Used with ``with``; read when all was put."""

    def __init__(self, folder: Path) -> None:
        """*folder*: where the file is, if there is to be one."""
        self._cipher = ChaCha20Poly1305(ChaCha20Poly1305.generate_key())
        self._file = SpooledTemporaryFile(MOST, dir=str(folder))  # noqa: SIM115 - __exit__ closes it
        self._sizes = array("L")

    def put(self, piece: bytes) -> None:
        sealed = self._cipher.encrypt(_nonce(len(self._sizes)), piece, None)
        self._file.write(sealed)
        self._sizes.append(len(sealed))

    def pieces(self) -> Iterator[bytes]:
        """All of them, in their order."""
        self._file.seek(0)
        for number, size in enumerate(self._sizes):
            yield self._cipher.decrypt(_nonce(number), self._file.read(size), None)

    def __enter__(self) -> Held:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
