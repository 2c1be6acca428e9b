"""PHP's serialized values, read as the text that they are: nothing is ever made into an object.

    N;  b:1;  i:-5;  d:0.5;  s:3:"abc";  a:2:{key value key value}  O:3:"Foo":1:{…}  C:3:"Foo":4:{data}
    E:7:"Foo:Bar";  r:1;  R:1;

A string says how many bytes it has, so whoever changes one must say it anew. References count values, of which none
is added and none removed: they stay right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

LOOKS_SO = re.compile(rb'\s*(?:[aOCEsS]:\d+:["{].*[;}]|a:\d+:\{\})\s*', re.DOTALL)
"""As WordPress decides whether a text is one; those that can hold no address are left out."""
SCALAR = re.compile(
    rb"N;|b:[01];|i:[+-]?\d{1,20};|[rR]:\d{1,10};|d:(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|-?INF|NAN);"
)
BEGINS = re.compile(rb'(?:a:(\d{1,10}):\{|([sSOCE]):(\d{1,10}):")')
PROPERTIES = re.compile(rb'":(\d{1,10}):\{')
HEXADECIMAL = re.compile(rb"\\([0-9a-fA-F]{2})|[^\\]", re.DOTALL)
DEEPEST = 4096
"""PHP reads nothing that is nested deeper."""
Role = Literal["value", "key", "name", "opaque"]


class Broken(ValueError):
    """Not what PHP would read. The message is half a sentence: what is wrong with it."""


@dataclass(frozen=True)
class Piece:
    """A string at ``data[start:stop]``, with its mark and its length. *inside* numbers the array that it stands in.

    A *name* is a property's; what is *opaque* was written by a class of its own, which alone can read it.
    """

    start: int
    stop: int
    text: bytes
    role: Role
    inside: int


@dataclass
class _Open:
    """An array or an object that is being read: *left* keys and values are still to come."""

    left: int
    is_object: bool
    number: int


class Reader:
    """Goes once from the beginning to the end, however deep it is. Raises Broken where that is not the very end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.count = 0
        self.open = [_Open(1, is_object=False, number=0)]

    def pieces(self) -> Iterator[Piece]:
        while self.open:
            if self.open[-1].left:
                yield from self._next()
            else:
                self._close()
        if self.at != len(self.data):
            raise Broken("something follows its end")

    def _close(self) -> None:
        self.open.pop()
        if self.open:
            self._expect(b"}")

    def _next(self) -> Iterator[Piece]:
        here = self.open[-1]
        here.left -= 1
        is_key = here.left % 2 == 1
        if found := SCALAR.match(self.data, self.at):
            if is_key and found[0][:1] != b"i":
                raise Broken("a key is neither a number nor a text")
            self.at = found.end()
            return
        begins = BEGINS.match(self.data, self.at)
        if begins is None or (is_key and begins[2] not in (b"s", b"S")):
            raise Broken(f"it cannot be read from byte {self.at} on")
        start, self.at = self.at, begins.end()
        if begins[1]:
            return self._enter(int(begins[1]), is_object=False)
        yield from self._long(begins[2], int(begins[3]), start, is_key=is_key)

    def _long(self, mark: bytes, length: int, start: int, *, is_key: bool) -> Iterator[Piece]:
        """What has its length before it, from the first byte after the quote."""
        here = self.open[-1]
        if mark in b"sS":
            text = self._take(length) if mark == b"s" else self._escaped(length)
            self._expect(b'";')
            role: Role = "value" if not is_key else "name" if here.is_object else "key"
            yield Piece(start, self.at, text, role, here.number)
        elif mark == b"E":
            self._take(length)
            self._expect(b'";')
        else:
            self._take(length)
            yield from self._object(custom=mark == b"C")

    def _object(self, *, custom: bool) -> Iterator[Piece]:
        found = PROPERTIES.match(self.data, self.at)
        if found is None:
            raise Broken(f"an object has no properties at byte {self.at}")
        self.at = found.end()
        if not custom:
            return self._enter(int(found[1]), is_object=True)
        start = self.at
        text = self._take(int(found[1]))
        yield Piece(start, self.at, text, "opaque", self.open[-1].number)
        self._expect(b"}")

    def _enter(self, size: int, *, is_object: bool) -> None:
        if len(self.open) > DEEPEST:
            raise Broken(f"it is nested deeper than {DEEPEST}")
        self.count += 1
        self.open.append(_Open(2 * size, is_object, self.count))

    def _take(self, length: int) -> bytes:
        text = self.data[self.at : self.at + length]
        if len(text) != length:
            raise Broken("it ends too early")
        self.at += length
        return text

    def _escaped(self, length: int) -> bytes:
        """Of the form that escapes bytes as ``\\e4``."""
        text = bytearray()
        for _ in range(length):
            found = HEXADECIMAL.match(self.data, self.at)
            if found is None:
                raise Broken("it ends too early")
            text += bytes.fromhex(found[1].decode()) if found[1] else found[0]
            self.at = found.end()
        return bytes(text)

    def _expect(self, end: bytes) -> None:
        if not self.data.startswith(end, self.at):
            raise Broken(f"a length is wrong before byte {self.at}")
        self.at += len(end)


def string(text: bytes) -> bytes:
    """A string as PHP writes it."""
    return b's:%d:"%b";' % (len(text), text)
