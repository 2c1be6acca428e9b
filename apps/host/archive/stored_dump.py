"""A database's dump in an archive, as SQL for `Dumps.load`: all of it, some tables, or what is no table."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apps.host.archive.dump_parts import BEGIN, CODE, SEQUENCE, TABLE
from apps.host.archive.index import Entry
from apps.host.archive.reading import Archive
from apps.host.errors import Refused

FOLDER, SUFFIX = "database/", ".sql."
CONNECTIONS = 2
"""Over which a large one is loaded; with more the server is no faster on two cores."""


class StoredDump:
    """*name*: the database's at the time of the backup."""

    def __init__(self, archive: Archive, name: str) -> None:
        self.archive, self.name = archive, name
        self._parts = [entry for entry in archive.index.entries() if _database(entry) == name]
        if not self._parts:
            raise Refused(f"The archive has no database {name}.")

    def tables(self) -> dict[str, int]:
        """Bytes of SQL of each table, in the dump's order."""
        found: dict[str, int] = {}
        for entry in self._parts:
            if entry.part == TABLE:
                found[entry.table] = found.get(entry.table, 0) + entry.size
        return found

    @property
    def size(self) -> int:
        """Bytes of SQL."""
        return sum(entry.size for entry in self._parts)

    def holders(self) -> set[str]:
        """The names of all that is a table in it, or a sequence."""
        return {entry.table for entry in self._parts if entry.part in (SEQUENCE, TABLE)}

    def sql(self) -> Iterator[bytes]:
        """The dump as it was."""
        return self._sql((SEQUENCE, TABLE, CODE), None)

    def tables_sql(self, tables: Collection[str]) -> Iterator[bytes]:
        """The settings that a dump begins with, and *tables* with their rows and triggers. Refused for one it has not.

        Several may be loaded at once, by disjoint *tables*; ``sequences_sql`` before them, ``code_sql`` after.
        """
        for table in tables:
            if table not in self.tables():
                raise Refused(f"The backup of {self.name} has no table {table}.")
        return self._sql((TABLE,), set(tables))

    def sequences_sql(self) -> Iterator[bytes]:
        return self._sql((SEQUENCE,), None)

    def code_sql(self) -> Iterator[bytes]:
        """Views, routines and events. Triggers come with their tables."""
        return self._sql((CODE,), None)

    def _sql(self, kinds: Collection[str], tables: Collection[str] | None) -> Iterator[bytes]:
        for entry in self._parts:
            wanted = entry.part in kinds and (tables is None or entry.table in tables)
            if wanted or entry.part == BEGIN:
                yield from self.archive.content(entry)


def in_shares(dump: StoredDump, count: int) -> list[Iterator[bytes]]:
    """All tables in *count* streams of about the same length, each to be loaded by a connection of its own.

    That takes half the time with two. Nothing in a stream needs a table of another: a dump checks no foreign keys.
    """
    shares: list[list[str]] = [[] for _ in range(count)]
    sizes = [0] * count
    for table, size in sorted(dump.tables().items(), key=lambda item: -item[1]):
        least = sizes.index(min(sizes))
        shares[least].append(table)
        sizes[least] += size
    return [dump.tables_sql(share) for share in shares if share]


def databases(archive: Archive) -> list[str]:
    """The names of the databases that it has."""
    return sorted({name for entry in archive.index.entries() if (name := _database(entry))})


def _database(entry: Entry) -> str:
    if not entry.part or not entry.path.startswith(FOLDER):
        return ""
    return entry.path.removeprefix(FOLDER).rpartition(SUFFIX)[0]
