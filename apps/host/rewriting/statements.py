"""The statements about one table. Names go in quoted, by the one function for that; values as parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.host.rewriting.session import Row, Session
from apps.host.rewriting.tables import Column, Table
from apps.host.sql import quote

Key = tuple[bytes, ...]
PAGE = 500
"""Rows whose keys are looked up at once."""


def name(identifier: str) -> str:
    """Quoted, and with the sign that begins a parameter made into itself."""
    return quote(identifier).replace("%", "%%")


def names(identifiers: Iterable[str]) -> str:
    return ", ".join(map(name, identifiers))


def count(session: Session, table: Table, columns: Sequence[str], likes: Sequence[str]) -> int:
    """How many rows of *table* may have an address in one of *columns*."""
    if not columns:
        return 0
    where, values = _matching(columns, likes)
    return int(session.rows(f"SELECT COUNT(*) FROM {name(table.name)} WHERE {where}", *values)[0][0])  # noqa: S608


def page(
    session: Session, table: Table, columns: Sequence[str], likes: Sequence[str], after: Key = ()
) -> list[tuple[Key, int]]:
    """The keys of the next rows that may have an address, with how many bytes their texts have. Locks nothing."""
    key = [column.name for column in table.key]
    where, values = _matching(columns, likes) if likes else ("1", [])
    beyond, more = _beyond(table.key, after) if after else ("1", [])
    size = " + ".join(f"COALESCE(OCTET_LENGTH({name(one)}), 0)" for one in columns)
    found = session.raw(
        f"SELECT {names(key)}, {size} FROM {name(table.name)} WHERE ({beyond}) AND ({where})"  # noqa: S608
        f" ORDER BY {names(key)} LIMIT {PAGE}",
        *more,
        *values,
    )
    return [(tuple(one or b"" for one in row[:-1]), int(row[-1] or 0)) for row in found]


def read(
    session: Session, table: Table, columns: Sequence[str], keys: Sequence[Key], *, lock: bool = False
) -> dict[Key, Row]:
    """``{key: texts}`` of those rows, for nobody else to change meanwhile where they are to be changed."""
    known = [column.name for column in table.key]
    where, values = _being(table.key, keys)
    found = session.raw(
        f"SELECT {names([*known, *columns])} FROM {name(table.name)} WHERE {where}"  # noqa: S608
        f"{' FOR UPDATE' if lock else ''}",
        *values,
    )
    return {tuple(one or b"" for one in row[: len(known)]): row[len(known) :] for row in found}


def write(session: Session, table: Table, key: Key, new: dict[str, bytes]) -> None:
    """Give one row other texts. What the server would set to the present time at a change stays as it is."""
    said = [f"{name(column)} = %s" for column in new] + [f"{name(one)} = {name(one)}" for one in table.stamps]
    where, values = _being(table.key, [key])
    session.raw(f"UPDATE {name(table.name)} SET {', '.join(said)} WHERE {where}", *new.values(), *values)  # noqa: S608


def make_like(session: Session, table: Table, beside: str) -> None:
    """An empty table *beside* for rows of *table* as they are now; it says whose they are."""
    known = [column.name for column in table.key]
    session.raw(
        f"CREATE TABLE IF NOT EXISTS {name(beside)} (PRIMARY KEY ({names(known)}))"  # noqa: S608
        f" ENGINE = InnoDB COMMENT = %s AS SELECT {names([*known, *table.changeable])} FROM {name(table.name)} LIMIT 0",
        table.name.encode(),
    )


def keep(session: Session, table: Table, beside: str, keys: Sequence[Key]) -> None:
    """Copy those rows into *beside*. One that is there already is older, and stays."""
    columns = names([*(column.name for column in table.key), *table.changeable])
    where, values = _being(table.key, keys)
    session.raw(
        f"INSERT IGNORE INTO {name(beside)} ({columns})"  # noqa: S608
        f" SELECT {columns} FROM {name(table.name)} WHERE {where}",
        *values,
    )


def _matching(columns: Sequence[str], likes: Sequence[str]) -> tuple[str, list[bytes]]:
    each = [f"CONVERT({name(one)} USING utf8mb4) COLLATE utf8mb4_general_ci LIKE %s" for one in columns for _ in likes]
    return " OR ".join(each), [like.encode() for _ in columns for like in likes]


def _beyond(key: Sequence[Column], after: Key) -> tuple[str, list[bytes]]:
    """That a row's key comes after *after*, so written that an index serves."""
    parts: list[str] = []
    values: list[bytes] = []
    for place, column in enumerate(key):
        same = [f"{name(one.name)} = {_value(one)}" for one in key[:place]]
        parts.append(" AND ".join([*same, f"{name(column.name)} > {_value(column)}"]))
        values += after[: place + 1]
    return " OR ".join(f"({part})" for part in parts), values


def _being(key: Sequence[Column], keys: Sequence[Key]) -> tuple[str, list[bytes]]:
    one = " AND ".join(f"{name(column.name)} = {_value(column)}" for column in key)
    return " OR ".join(f"({one})" for _ in keys), [value for each in keys for value in each]


def _value(column: Column) -> str:
    return "_binary %s" if column.is_binary else "%s"
