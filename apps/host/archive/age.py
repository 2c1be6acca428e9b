"""The content of an age file: pieces of 64 KiB, each sealed with its number, and the last one as the last.

So none can be changed, left out, put elsewhere or taken from another file, and each can be read by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from apps.host.archive import age_header
from apps.host.archive.bytestream import ByteStream
from apps.host.archive.faults import Damaged
from apps.host.archive.keys import Key
from apps.host.archive.sources import Remembering, Source

MARK = age_header.VERSION[:-3]
PIECE, SEAL = 65_536, 16
SEALED = PIECE + SEAL
TAIL = 2 * SEALED
CHANGED = "The archive is damaged: a part of it is not as it was written. Use another copy of it."


class Locking:
    """Takes bytes, and hands them on locked for *recipients*, whole pieces at a time."""

    def __init__(self, hand_on: Callable[[bytes | bytearray], object], recipients: Sequence[str]) -> None:
        header, self._cipher = age_header.written(recipients)
        self._hand_on = hand_on
        self._held = bytearray()
        self._number = 0
        hand_on(header)

    def write(self, content: bytes) -> None:
        self._held += content
        count = (len(self._held) - 1) // PIECE  # the last piece is only known at the end
        if count > 0:
            self._pieces(count)

    def _pieces(self, count: int) -> None:
        out = bytearray(count * SEALED)
        with memoryview(out) as to, memoryview(self._held) as held:
            for place in range(count):
                piece = held[place * PIECE : (place + 1) * PIECE]
                sealed = to[place * SEALED : (place + 1) * SEALED]
                self._cipher.encrypt_into(_nonce(self._number + place), piece, None, sealed)
        self._number += count
        self._held = self._held[count * PIECE :]
        self._hand_on(out)

    def close(self) -> None:
        self._hand_on(self._cipher.encrypt(_nonce(self._number, last=True), bytes(self._held), None))


class Unlocked:
    """The content of a locked *source*, of which any part can be read. Damaged where it was changed or cut."""

    def __init__(self, source: Source, keys: Sequence[Key]) -> None:
        self._source = Remembering(source)
        beginning = ByteStream([self._source.read_at(0, min(age_header.LONGEST, source.size))])
        header = age_header.read(beginning.up_to)
        self._cipher = age_header.opened(header, keys)
        self._base = header.length
        locked = source.size - self._base
        self._count = -(-locked // SEALED)
        self.size = locked - SEAL * self._count
        if locked < SEAL or (self.size <= (self._count - 1) * PIECE and self._count > 1):
            raise Damaged("The archive is cut short. Use another copy of it.")
        self._source.read_at(max(self._base, source.size - TAIL), min(TAIL, locked))
        self._pieces(self._count - 1, 1)  # which says that it is the last

    def read_at(self, offset: int, length: int) -> bytes:
        """So many bytes from there on, or fewer at the end: one read of the source."""
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        first = offset // PIECE
        content = self._pieces(first, (offset + length - 1) // PIECE - first + 1)
        skipped = offset - first * PIECE
        return content if len(content) == length else content[skipped : skipped + length]

    def _pieces(self, first: int, count: int) -> bytes:
        at = self._base + first * SEALED
        sealed = self._source.read_at(at, min(count * SEALED, self._source.size - at))
        return _opened(self._cipher, sealed, first, ends=first + count == self._count)


def unlocked(chunks: Iterable[bytes], keys: Sequence[Key]) -> Iterator[bytes]:
    """The content of a locked file that comes in *chunks*, each part as soon as it has been checked.

    Whoever uses them before the end must be able to throw away what he made of them: the end may not come.
    """
    stream = ByteStream(chunks)
    cipher = age_header.opened(age_header.read(stream.up_to), keys)
    number, ahead = 0, stream.up_to(16 * SEALED)
    while following := stream.up_to(16 * SEALED):
        yield _opened(cipher, ahead, number, ends=False)
        number, ahead = number + len(ahead) // SEALED, following
    yield _opened(cipher, ahead, number, ends=True)


def is_locked(chunks: Iterable[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Whether *chunks* begin as an age file does; and the chunks, all of them."""
    stream = ByteStream(chunks)
    first = stream.up_to(len(MARK))
    return first == MARK, chain([first], stream.rest())


def _opened(cipher: ChaCha20Poly1305, sealed: bytes, number: int, *, ends: bool) -> bytes:
    """The content of whole pieces from *number* on; the last of them is the file's last if it *ends* there."""
    count = max(1, -(-len(sealed) // SEALED))
    last = len(sealed) - (count - 1) * SEALED
    if last < SEAL or (last == SEAL and number + count > 1):
        raise Damaged(CHANGED)
    out = bytearray(len(sealed) - SEAL * count)
    try:
        with memoryview(out) as to, memoryview(sealed) as held:
            for place in range(count):
                nonce = _nonce(number + place, last=ends and place == count - 1)
                piece = held[place * SEALED : (place + 1) * SEALED]
                cipher.decrypt_into(nonce, piece, None, to[place * PIECE : (place + 1) * PIECE])
    except InvalidTag:
        raise Damaged(CHANGED) from None
    return bytes(out)


def _nonce(number: int, *, last: bool = False) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")
