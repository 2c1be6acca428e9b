"""What lies in the databases of this machine's MariaDB: sizes, and one database's content in the place of another's.

As the server's own root, over its socket (`mysql.py`). No word of a site's is run here: tables are moved by name, and
what has code in it (views, triggers, routines, events) is only dropped; its owner loads it again (`dumps.py`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.mysql import MySQL, Statements
from apps.host.schema_queries import BOUND, CODE, KEYS, SIZE, TABLES, TRIGGERS_OF
from apps.host.sql import quote, sites_name

ASIDE = CrashPoint("schemas.aside-made")
TRIGGERLESS = CrashPoint("schemas.triggers-dropped")
SWAPPED = CrashPoint("schemas.tables-renamed")
CODELESS = CrashPoint("schemas.code-dropped")
BACK = CrashPoint("schemas.tables-renamed-back")


@dataclass(frozen=True)
class Size:
    """*data* without indexes. *loose*: tables of engines that know no moment (not InnoDB)."""

    bytes: int
    data: int
    tables: int
    loose: int


class Schemas:
    def __init__(self, mysql: MySQL) -> None:
        self.mysql = mysql

    def size(self, name: str) -> Size:
        with self.mysql.connected() as sql:
            ((total, data, tables, loose),) = sql.run(SIZE, sites_name(name))
            return Size(int(total), int(data), int(tables), int(loose))

    def tables(self, name: str) -> list[str]:
        """Sequences too."""
        with self.mysql.connected() as sql:
            return _names(sql, TABLES, name)

    def views(self, name: str) -> list[str]:
        with self.mysql.connected() as sql:
            return _names(sql, CODE["VIEW"], name)

    def free(self) -> int:
        """Bytes that the disk has room for under the server's data."""
        with self.mysql.connected() as sql:
            ((folder,),) = sql.run("SELECT @@datadir")
        try:
            disk = os.statvfs(Path(folder))
        except OSError as error:
            raise Refused(f"The database server's folder {folder} cannot be looked at: {error.strerror}.") from error
        return disk.f_bavail * disk.f_frsize

    def empty(self, name: str, like: str) -> None:
        """Nothing is in *name* afterwards, and a new table gets the character set that it would get in *like*.

        It must be there: its account keeps its rights.
        """
        with self.mysql.connected() as sql:
            query = "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
            ((charset, collation),) = sql.run(f"{query} WHERE SCHEMA_NAME = %s", sites_name(like))
            sql.run(f"DROP DATABASE IF EXISTS {quote(sites_name(name))}")
            sql.run(f"CREATE DATABASE {quote(name)} CHARACTER SET {charset} COLLATE {collation}")

    def must_be_movable(self, name: str) -> None:
        """Refused when there is no table in it, or one that would still point into *name* elsewhere."""
        with self.mysql.connected() as sql:
            if not sql.run(TABLES, sites_name(name)):
                raise Refused("The dump holds no table; nothing was changed. Is it the file that you meant?")
            if bound := sql.run(BOUND, name, f"%`{name.replace('_', chr(92) + '_')}`.%"):
                raise Refused(f"The table {bound[0][0]} takes its default from a sequence, which cannot be moved.")

    def must_stand_alone(self, name: str, table: str) -> None:
        """Refused where a foreign key leads from or to *table*: it cannot be exchanged without the others."""
        with self.mysql.connected() as sql:
            if bound := sql.run(KEYS, table, sites_name(name), table):
                raise Refused(
                    f"A foreign key binds {table} to {bound[0][0]}, so neither can be restored by itself; restore the"
                    " whole database."
                )

    def swap(self, live: str, fresh: str, aside: str, only: str = "") -> None:
        """Put the tables of *fresh* in the place of those of *live*, which go to *aside*: all in one RENAME TABLE.

        *only*: the one table that is exchanged; all else of *live* stays, with its code.

        The server renames all of them or none, also when it is killed. Tables with triggers cannot be moved, so the
        triggers of both go before, and views, routines and events of *live* go after: the caller has kept them. It
        having been done already is no error. Unavailable while somebody's transaction is open on one of them.
        """
        with self.mysql.connected() as sql:
            sql.run(f"CREATE DATABASE IF NOT EXISTS {quote(sites_name(aside))}")
            ASIDE()
            if arriving := _names(sql, TABLES, fresh):
                _drop(sql, "TRIGGER", fresh)
                _drop(sql, "TRIGGER", live, only)
                TRIGGERLESS()
                moves = [(live, aside, table) for table in _leaving(sql, live, only)]
                _rename(sql, moves + [(fresh, live, table) for table in arriving])
                SWAPPED()
            for kind in () if only else CODE:
                if kind != "TRIGGER":
                    _drop(sql, kind, live)
            CODELESS()

    def swap_back(self, live: str, fresh: str, aside: str, only: str = "") -> None:
        """Undo ``swap`` as far as it came. *live* has its old tables then, and none of the code of either."""
        with self.mysql.connected() as sql:
            for kind in CODE:
                _drop(sql, kind, live)
            if not _names(sql, TABLES, fresh) and _exists(sql, fresh):
                leaving, returning = _leaving(sql, live, only), _names(sql, TABLES, aside)
                moves = [(live, fresh, table) for table in leaving]
                _rename(sql, moves + [(aside, live, table) for table in returning])
                BACK()

    def drop(self, name: str) -> None:
        """Drop a database that has no account of its own. Not being there is no error."""
        with self.mysql.connected() as sql:
            sql.run(f"DROP DATABASE IF EXISTS {quote(sites_name(name))}")


def _exists(sql: Statements, name: str) -> bool:
    return bool(sql.run("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", name))


def _names(sql: Statements, query: str, schema: str) -> list[str]:
    return [str(name) for (name,) in sql.run(query, sites_name(schema))]


def _leaving(sql: Statements, schema: str, only: str) -> list[str]:
    return [table for table in _names(sql, TABLES, schema) if only in ("", table)]


def _drop(sql: Statements, kind: str, schema: str, only: str = "") -> None:
    """All of a *kind*; of triggers, with *only*, those of that table."""
    found = [str(name) for (name,) in sql.run(TRIGGERS_OF, schema, only)] if only else _names(sql, CODE[kind], schema)
    for name in found:
        sql.run(f"DROP {kind} IF EXISTS {quote(sites_name(schema))}.{quote(name)}")


def _rename(sql: Statements, moves: list[tuple[str, str, str]]) -> None:
    """*moves*: from which database to which, and the table."""
    pairs = (f"{quote(old)}.{quote(table)} TO {quote(new)}.{quote(table)}" for old, new, table in moves)
    sql.run("SET SESSION foreign_key_checks = 0")
    sql.run(f"RENAME TABLE {', '.join(pairs)}")
