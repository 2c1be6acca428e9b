"""The addresses in one value of a database: in a text, in JSON, in a serialized value, and in these in each other."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from apps.host.rewriting.addresses import Addresses
from apps.host.rewriting.serialized import LOOKS_SO, Broken, Piece, Reader, string

HINT = re.compile(r'[aOCsS]:\d+:(?:\{|\\*")')
"""A text without it holds nothing serialized."""
LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
DEEPEST = 20
"""Values in values: deeper ones are left alone."""


@dataclass
class Rewritten:
    """What became of a value: how many *places* were replaced, and in *left* what was left alone and why."""

    value: bytes
    places: int = 0
    left: list[str] = field(default_factory=list)


def rewrite(value: bytes, addresses: Addresses) -> Rewritten:
    """*value* with the new addresses. It is UTF-8; a byte that is none stays. What cannot be read safely stays too."""
    if not addresses.finds(_text(value)):
        return Rewritten(value)
    work = _Work(addresses)
    done = work.within(value, 0)
    return Rewritten(done, work.places, work.left)


@dataclass
class _Work:
    addresses: Addresses
    places: int = 0
    left: list[str] = field(default_factory=list)

    def within(self, value: bytes, depth: int) -> bytes:
        if depth > DEEPEST:
            self.left.append(f"Values in values more than {DEEPEST} deep.")
            return value
        if LOOKS_SO.fullmatch(value):
            return self._serialized(value, depth)
        text = _text(value)
        if text.lstrip()[:1] in tuple('{["') and HINT.search(text) and _is_json(text):
            return _bytes(LITERAL.sub(lambda found: self._literal(found[0], depth), text))
        return _bytes(self._plain(text))

    def _plain(self, text: str) -> str:
        text, places = self.addresses.replaced(text)
        self.places += places
        return text

    # -- serialized

    def _serialized(self, value: bytes, depth: int) -> bytes:
        core = value.strip()
        try:
            found = [piece for piece in Reader(core).pieces() if self.addresses.finds(_text(piece.text))]
        except Broken as broken:
            self.left.append(f"A serialized value that is broken: {broken}.")
            return value
        taken = _keys(core, found)
        parts, done = [], 0
        for piece in found:
            parts += [core[done : piece.start], self._piece(core, piece, taken, depth)]
            done = piece.stop
        head, _, tail = value.partition(core)
        return b"".join([head, *parts, core[done:], tail])

    def _piece(self, core: bytes, piece: Piece, taken: set[tuple[int, bytes]], depth: int) -> bytes:
        as_it_is = core[piece.start : piece.stop]
        if piece.role == "name":
            return as_it_is
        if piece.role == "opaque":
            self.left.append("An object that only its own class can read.")
            return as_it_is
        before = self.places
        text = self.within(piece.text, depth + 1)
        if piece.role == "key" and text != piece.text and (piece.inside, text) in taken:
            self.places = before
            self.left.append("A key of an array that has the new address as well.")
            return as_it_is
        return as_it_is if text == piece.text else string(text)

    # -- JSON

    def _literal(self, literal: str, depth: int) -> str:
        """A string of JSON, with its quotes. It keeps its way of escaping wherever that leaves it right."""
        written: str = json.loads(literal, strict=False)
        if not self.addresses.finds(literal) and not self.addresses.finds(written):
            return literal
        try:
            wanted = _text(self.within(_bytes(written), depth + 1))
        except UnicodeEncodeError:  # half a letter, escaped: nothing that PHP has serialized
            return self._plain(literal)
        same, _ = self.addresses.replaced(literal)
        return same if json.loads(same, strict=False) == wanted else _as_json(wanted, literal)


def _keys(core: bytes, found: list[Piece]) -> set[tuple[int, bytes]]:
    """All keys of those arrays in which one has an address, with the array's number."""
    arrays = {piece.inside for piece in found if piece.role == "key"}
    if not arrays:
        return set()
    return {(one.inside, one.text) for one in Reader(core).pieces() if one.role == "key" and one.inside in arrays}


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _as_json(text: str, like: str) -> str:
    """*text* as a string of JSON that escapes what *like* escapes."""
    written = json.dumps(text, ensure_ascii=like.isascii())
    return written.replace("/", "\\/") if "\\/" in like else written


def _text(value: bytes) -> str:
    return value.decode(errors="surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
