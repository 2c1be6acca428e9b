"""Databases and their accounts, on the MariaDB of this machine: over its Unix socket, as the server's own root.

There is no password to steal. Each call connects for itself. Both names are one: ``fp…_<slug>_<random>``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import MySQLdb

from apps.host.crash import CrashPoint
from apps.host.mysql_login import Login, said
from apps.host.sql import account, grant_pattern, password_hash, quote, sites_name

DATABASE = CrashPoint("mysql.database-made")
ACCOUNT = CrashPoint("mysql.account-made")
GRANTED = CrashPoint("mysql.granted")
TWO = CrashPoint("mysql.two-passwords")
ONE = CrashPoint("mysql.one-password")
LOCKED = CrashPoint("mysql.account-locked")
DATABASE_GONE = CrashPoint("mysql.database-dropped")
ACCOUNT_GONE = CrashPoint("mysql.account-dropped")
ANSWERS_IN = 5
"""Seconds for the server to greet."""
ACTS_IN = 300
"""Seconds for one statement: DROP DATABASE deletes files."""
WAITS = 10
"""Seconds that a statement waits for somebody else's transaction."""


GRANTS = ("mysql.db", "mysql.tables_priv", "mysql.columns_priv", "mysql.procs_priv")
NAMELESS = "SELECT Host FROM mysql.user WHERE User = ''"


class Statements:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, statement: str, *values: str) -> tuple[tuple[Any, ...], ...]:
        """Run one statement and return its rows, if it has any. Values go in as parameters."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(statement, values or None)
            rows: tuple[tuple[Any, ...], ...] = cursor.fetchall()
            return rows


class MySQL:
    def __init__(self, socket: Path, user: str) -> None:
        """*user*: the account that the server gives to this process's Unix user: root, or whoever started it."""
        self.socket = socket
        self.user = user

    def ping(self) -> None:
        """Unavailable when the server does not answer."""
        with self.connected() as sql:
            sql.run("SELECT 1")

    def database_exists(self, name: str) -> bool:
        with self.connected() as sql:
            return bool(sql.run("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", name))

    def account_exists(self, name: str) -> bool:
        """Whether an account has this name, from wherever it may connect."""
        with self.connected() as sql:
            return bool(sql.run("SELECT 1 FROM mysql.user WHERE User = %s", name))

    def create(self, name: str, password: str) -> None:
        """Seed, Database Creation 5, 6 and 7. A second time it sets the password and what was missing."""
        database, hashed = quote(sites_name(name)), password_hash(password)
        with self.connected() as sql:
            make_database(sql, database)
            make_account(sql, account(name), hashed)
            grant(sql, name)

    def drop(self, name: str) -> None:
        """Seed, Database Deletion 2 and 3. Neither being there is no error.

        The account is locked and its connections are closed first: it may make the database anew as long as it can.
        Grants that others had on the database go too, or they would hold for a later one of that name.
        """
        database, owner = quote(sites_name(name)), account(name)
        with self.connected() as sql:
            _lock(sql, owner)
            drop_database(sql, database)
            drop_account(sql, name)

    def lock(self, name: str) -> None:
        """Shut the account at once, open connections too. The database stays; neither being there is no error."""
        with self.connected() as sql:
            _lock(sql, account(sites_name(name)))

    def unlock(self, name: str) -> None:
        """The account may be used again, with the password that it had. One that is open already stays so."""
        with self.connected() as sql:
            sql.run(f"ALTER USER {account(sites_name(name))} ACCOUNT UNLOCK")

    def let_both_in(self, name: str, first: str, second: str) -> None:
        """Seed, Database Password Rotation 3: the account takes either password. A second time it is the same."""
        owner = account(sites_name(name))
        either = " OR ".join(f"mysql_native_password USING '{password_hash(one)}'" for one in (first, second))
        with self.connected() as sql:
            sql.run(f"ALTER USER {owner} IDENTIFIED VIA {either}")
            TWO()

    def let_one_in(self, name: str, password: str) -> None:
        """The account takes this password and no other. A second time it is the same."""
        hashed = password_hash(password)
        with self.connected() as sql:
            sql.run(f"ALTER USER {account(sites_name(name))} IDENTIFIED VIA mysql_native_password USING '{hashed}'")
            ONE()

    def harden(self) -> None:
        """Take away what a new server grants to everybody. A ``test`` database with tables in it is left alone."""
        with self.connected() as sql:
            for (host,) in sql.run(NAMELESS):
                sql.run(f"DROP USER ''@{quote(host)}")
            sql.run("DELETE FROM mysql.db WHERE User IN ('', 'PUBLIC') AND Db LIKE 'test%'")
            sql.run("FLUSH PRIVILEGES")
            if not sql.run("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'test' LIMIT 1"):
                sql.run("DROP DATABASE IF EXISTS test")

    def weaknesses(self) -> list[str]:
        """What the server grants to everybody, as sentences; none is good."""
        with self.connected() as sql:
            patterns = sql.run("SELECT DISTINCT Db FROM mysql.db WHERE User IN ('', 'PUBLIC')")
            opened = [f"Every account may use the databases {pattern}." for (pattern,) in patterns]
            return opened + [f"Anybody may log in from {host} without a name." for (host,) in sql.run(NAMELESS)]

    def login(self, name: str, password: str) -> Login:
        """The way into a site's database as its own account. Unavailable when the server does not answer."""
        self.ping()
        return Login(self.socket, sites_name(name), password)

    @contextmanager
    def connected(self) -> Iterator[Statements]:
        """A connection. What the server says against it is Refused or Unavailable, in a sentence."""
        try:
            with closing(self._connect()) as connection:
                sql = Statements(connection)
                sql.run(f"SET SESSION lock_wait_timeout = {WAITS}")
                yield sql
        except MySQLdb.Error as error:
            raise said(error, self.socket, self.user) from error

    def _connect(self) -> MySQLdb.connections.Connection:
        return MySQLdb.connect(
            unix_socket=str(self.socket),
            user=self.user,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=ANSWERS_IN,
            read_timeout=ACTS_IN,
        )


def make_database(sql: Statements, database: str) -> None:
    sql.run(f"CREATE DATABASE IF NOT EXISTS {database} CHARACTER SET utf8mb4")
    DATABASE()


def make_account(sql: Statements, owner: str, hashed: str) -> None:
    identified = f"{owner} IDENTIFIED VIA mysql_native_password USING '{hashed}'"
    sql.run(f"CREATE USER IF NOT EXISTS {identified}")
    sql.run(f"ALTER USER {identified} ACCOUNT UNLOCK")
    ACCOUNT()


def grant(sql: Statements, name: str) -> None:
    sql.run(f"GRANT ALL PRIVILEGES ON {grant_pattern(name)}.* TO {account(name)}")
    GRANTED()


def drop_database(sql: Statements, database: str) -> None:
    sql.run(f"DROP DATABASE IF EXISTS {database}")
    DATABASE_GONE()


def drop_account(sql: Statements, name: str) -> None:
    sql.run(f"DROP USER IF EXISTS {account(name)}")
    ACCOUNT_GONE()
    _forget_grants(sql, name)


def _lock(sql: Statements, owner: str) -> None:
    sql.run(f"ALTER USER IF EXISTS {owner} ACCOUNT LOCK")
    sql.run(f"KILL USER {owner}")
    LOCKED()


def _forget_grants(sql: Statements, name: str) -> None:
    names = name, grant_pattern(name).strip("`")
    held = [table for table in GRANTS if sql.run(f"SELECT 1 FROM {table} WHERE Db IN (%s, %s)", *names)]  # noqa: S608
    for table in held:
        sql.run(f"DELETE FROM {table} WHERE Db IN (%s, %s)", *names)  # noqa: S608
    if held:
        sql.run("FLUSH PRIVILEGES")
