"""A connection to one database as its own account. Values come as the bytes that the server says, and go so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import MySQLdb

from apps.host.mysql_login import Login, said

SETUP = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00', lock_wait_timeout = 10,"
    " innodb_lock_wait_timeout = 10, foreign_key_checks = 1",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
)
"""A value that does not fit is refused, times mean the same all year, and only rows that are changed are locked."""


Row = tuple[bytes | None, ...]
ANSWERS_IN, ACTS_IN = 5, 300
"""Seconds for the server to greet, and for one statement."""


class Session:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, statement: str, *values: bytes) -> list[tuple[str, ...]]:
        """The rows of a query about names and numbers, as texts."""
        return [
            tuple("" if one is None else one.decode(errors="replace") for one in row)
            for row in self.raw(statement, *values)
        ]

    def raw(self, statement: str, *values: bytes) -> tuple[Row, ...]:
        """Run one statement; its rows, if it has any. Values go in as parameters."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(statement, values)
            rows: tuple[Row, ...] = cursor.fetchall()
            return rows

    def commit(self) -> None:
        self._connection.commit()


@contextmanager
def opened(login: Login) -> Iterator[Session]:
    """What is not committed when it ends, also by an error, has not happened. Raises Refused or Unavailable."""
    try:
        with closing(_connect(login)) as connection:
            session = Session(connection)
            for statement in SETUP:
                session.raw(statement)
            yield session
    except MySQLdb.Error as error:
        raise said(error, login.socket, login.database) from error


def _connect(login: Login) -> Any:
    return MySQLdb.connect(
        unix_socket=str(login.socket),
        user=login.database,
        password=login.password,
        database=login.database,
        charset="utf8mb4",
        use_unicode=False,
        conv={},
        autocommit=False,
        connect_timeout=ANSWERS_IN,
        read_timeout=ACTS_IN,
    )
