"""The rows of a table in portions that are read at once and change in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apps.host.rewriting import statements
from apps.host.rewriting.session import Session
from apps.host.rewriting.statements import Key
from apps.host.rewriting.tables import Table

AT_ONCE, BYTES_AT_ONCE = 100, 4 << 20
"""Rows of a portion, and about how long their texts are together."""


def pages(session: Session, table: Table, likes: Sequence[str]) -> Iterator[list[tuple[Key, int]]]:
    after: Key = ()
    while found := statements.page(session, table, table.changeable, likes, after):
        yield found
        after = found[-1][0]


def portions(page: list[tuple[Key, int]]) -> Iterator[list[Key]]:
    """The keys of a page in portions that are read, and committed, at once."""
    keys: list[Key] = []
    size = 0
    for key, length in page:
        if keys and (len(keys) == AT_ONCE or size + length > BYTES_AT_ONCE):
            yield keys
            keys, size = [], 0
        keys.append(key)
        size += length
    if keys:
        yield keys
