"""Which tables of a database hold texts, and by what a row of them is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from apps.host.rewriting.session import Session

TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
BINARY = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year"})
NAMED = frozenset({"char", "varchar", "binary", "varbinary"})
TIMES = frozenset({"date", "datetime", "timestamp", "time"})
KEYS = WHOLE | NAMED | TIMES | frozenset({"uuid", "inet4", "inet6"})
"""Types whose values can be said again exactly and whole, and are ordered as they are said."""
OURS = "frankenpanel_rewriting_"
"""Begins the names of the tables that hold rows as they were."""
UNIQUE = """
    SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0
    ORDER BY TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX"""
TABLES = """
    SELECT TABLE_NAME, ENGINE, TABLE_COMMENT FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME"""
COLUMNS = """
    SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, IS_NULLABLE, EXTRA, IS_GENERATED FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION"""


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    nullable: bool = False
    extra: str = ""
    generated: bool = False

    @property
    def is_binary(self) -> bool:
        return self.type in BINARY


@dataclass(frozen=True)
class Table:
    """*key*: the columns by which a row is known; none where nothing tells two rows apart.

    *stamps*: columns that the server would set to the present time when a row changes.
    """

    name: str
    key: tuple[Column, ...]
    texts: tuple[str, ...]
    binary: tuple[str, ...]
    stamps: tuple[str, ...]
    transactional: bool

    @property
    def changeable(self) -> tuple[str, ...]:
        """The texts that may be changed: not those that a row is known by."""
        key = {column.name for column in self.key}
        return tuple(name for name in self.texts if name not in key)


def tables_of(session: Session, leave: Collection[str] = ()) -> list[Table]:
    """Every table of the database, but the rewriting's own. Columns whose names are in *leave* are not looked at."""
    columns: dict[str, list[Column]] = defaultdict(list)
    for table, name, kind, nullable, extra, generated in session.rows(COLUMNS):
        columns[table].append(Column(name, kind.lower(), nullable == "YES", extra.lower(), generated != "NEVER"))
    keys = _keys(session, columns)
    found = [(name, engine) for name, engine, _ in session.rows(TABLES) if not name.startswith(OURS)]
    seen = {name: [one for one in columns[name] if one.name not in leave] for name, _ in found}
    return [_table(name, engine, keys.get(name, ()), seen[name]) for name, engine in found]


def kept_of(session: Session, number: int) -> dict[str, str]:
    """``{table: name}`` of those tables that hold rows as they were before operation *number*."""
    begins = f"{OURS}{number}_"
    return {comment: name for name, _, comment in session.rows(TABLES) if name.startswith(begins)}


def _table(name: str, engine: str, key: tuple[Column, ...], columns: list[Column]) -> Table:
    return Table(
        name,
        key,
        texts=_names(column for column in columns if column.type in TEXTS and not column.generated),
        binary=_names(column for column in columns if column.is_binary and not column.generated),
        stamps=_names(column for column in columns if "on update" in column.extra),
        transactional=engine == "InnoDB",
    )


def _names(columns: Iterable[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _keys(session: Session, columns: dict[str, list[Column]]) -> dict[str, tuple[Column, ...]]:
    """The first unique index of each table, its primary key before others, whose values can be said exactly."""
    indexes: dict[tuple[str, str], list[Column | None]] = defaultdict(list)
    for table, index, name in session.rows(UNIQUE):
        column = next((one for one in columns[table] if one.name == name), None)
        indexes[table, index].append(column)
    found: dict[str, tuple[Column, ...]] = {}
    for (table, _), key in indexes.items():
        usable = [one for one in key if one and one.type in KEYS and not one.nullable and not one.generated]
        if len(usable) == len(key):
            found.setdefault(table, tuple(usable))
    return found
